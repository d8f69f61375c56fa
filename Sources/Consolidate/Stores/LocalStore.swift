import DeltaLog
import Foundation
import RunFiles

/// A table in a directory.
struct LocalStore: TableStore {
  let root: String

  func read(_ path: String) throws -> Data? {
    let full = location(path)
    guard FileManager.default.fileExists(atPath: full) else { return nil }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: full))
    } catch {
      throw ConsolidateError.system(path: full, operation: "read", reason: error.localizedDescription)
    }
  }

  func info(_ path: String) throws -> StoredFile? {
    let full = location(path)
    return LocalFile.size(full).map {
      StoredFile(path: path, bytes: $0, modified: LocalFile.modificationTime(full))
    }
  }

  func write(_ path: String, _ contents: Data) throws {
    try makeParent(of: path)
    try DurableFile.write(contents, to: location(path))
  }

  func create(_ path: String, _ contents: Data) throws -> CreateAnswer {
    do throws(RunFileError) {
      try makeParent(of: path)
      return try DurableFile.create(contents, at: location(path)) ? .created : .taken
    } catch {
      return .unknown(reason: error.message)
    }
  }

  func remove(_ path: String) throws {
    let full = location(path)
    guard unlink(full) != 0, errno != ENOENT else { return }
    throw ConsolidateError.system(path: full, operation: "remove", reason: String(cString: strerror(errno)))
  }

  func files(below directory: String) throws -> [StoredFile] {
    guard let walk = FileManager.default.enumerator(atPath: location(directory)) else { return [] }
    let prefix = directory.isEmpty ? "" : directory + "/"
    var found: [StoredFile] = []
    for case let name as String in walk {
      if let file = try info(prefix + name) { found.append(file) }
    }
    return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  func staging(for directory: String) throws -> any StagingArea {
    try DurableFile.makeDirectory(location(directory))
    return LocalStaging(target: location(directory), staging: try StagingDirectory(in: location(directory)))
  }

  func removeAbandoned(in directory: String) { StagingDirectory.removeAbandoned(in: location(directory)) }

  private func makeParent(of path: String) throws(RunFileError) {
    let full = location(path)
    guard let slash = full.lastIndex(of: "/") else { return }
    try DurableFile.makeDirectory(String(full[..<slash]))
  }
}

/// A `_tmp-...` directory beside the final files.
private struct LocalStaging: StagingArea {
  let target: String
  let staging: StagingDirectory

  func location(of name: String) -> String { "\(staging.path)/\(Self.flat(name))" }

  func publish(_ name: String) throws {
    let path = "\(target)/\(name)"
    if let slash = path.lastIndex(of: "/") { try DurableFile.makeDirectory(String(path[..<slash])) }
    try DurableFile.publish(location(of: name), as: path)
  }

  func discard() { staging.remove() }

  /// A name may hold directories of partitions; the staging directory has none.
  private static func flat(_ name: String) -> String { name.replacingOccurrences(of: "/", with: "!") }
}
