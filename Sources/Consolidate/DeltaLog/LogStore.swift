import Foundation
import RunFiles

/// Where the files of a `_delta_log` lie. One requirement carries the guarantee: of all who create a name, one wins.
public protocol LogStore: Sendable {
  /// The names in the log, in no order; empty when there is no log.
  func names() throws(DeltaError) -> [String]

  /// The contents of a log file; nil when it does not exist.
  func read(_ name: String) throws(DeltaError) -> Data?

  /// Puts a whole file under a name that is not taken, and makes it durable before it answers.
  ///
  /// A reader sees the whole file or none. Never overwrites.
  func create(_ name: String, _ contents: Data) throws(DeltaError) -> CreateAnswer

  /// Puts a whole file under a name, whatever was there: checkpoints and `_last_checkpoint`, never a commit.
  func replace(_ name: String, _ contents: Data) throws(DeltaError)
}

/// What became of a `LogStore.create`.
public enum CreateAnswer: Sendable, Equatable {
  case created
  /// The name was taken.
  case taken
  /// The store did not say: the file may be there or not. The writer has to look.
  case unknown(reason: String)
}

/// A log on a POSIX file system: temporary file, fsync, `link(2)`, fsync of the directory.
///
/// `link` fails where the name exists, also between machines on a shared file system, where `rename` would
/// overwrite. What a killed writer leaves is a temporary name that starts with a dot, which readers skip.
public struct LocalLogStore: LogStore {
  private let directory: String

  /// - Parameter table: the table's directory, not its `_delta_log`.
  public init(table: String) { directory = "\(table)/_delta_log" }

  public func names() throws(DeltaError) -> [String] {
    guard FileManager.default.fileExists(atPath: directory) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw .io(path: directory, reason: "cannot list: \(error.localizedDescription)")
    }
  }

  public func read(_ name: String) throws(DeltaError) -> Data? {
    let path = "\(directory)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .io(path: path, reason: "cannot read: \(error.localizedDescription)")
    }
  }

  public func create(_ name: String, _ contents: Data) throws(DeltaError) -> CreateAnswer {
    do throws(RunFileError) {
      try DurableFile.makeDirectory(directory)
      return try DurableFile.create(contents, at: "\(directory)/\(name)") ? .created : .taken
    } catch {
      return .unknown(reason: error.message)
    }
  }

  public func replace(_ name: String, _ contents: Data) throws(DeltaError) {
    do throws(RunFileError) {
      try DurableFile.makeDirectory(directory)
      try DurableFile.write(contents, to: "\(directory)/\(name)")
    } catch {
      throw .io(path: "\(directory)/\(name)", reason: error.message)
    }
  }
}
