import Foundation
import Glibc

/// Files that are either whole and on disk under their name, or not there at all.
///
/// Every function writes next to the target first; the temporary name starts with a dot, so that
/// Parquet and Delta readers pass over what a killed process leaves behind.
public enum DurableFile {
  /// Replaces the content of `path`: temporary file, fsync, rename, fsync of the directory.
  public static func write(_ data: Data, to path: String) throws(RunFileError) {
    let temporary = temporaryPath(for: path)
    try writeSynced(data, to: temporary)
    try publish(temporary, as: path)
  }

  /// Creates `path`, or leaves what is there already. Returns false in that case.
  ///
  /// Of two processes that create the same path, exactly one gets true (`link(2)`).
  public static func create(_ data: Data, at path: String) throws(RunFileError) -> Bool {
    let temporary = temporaryPath(for: path)
    try writeSynced(data, to: temporary)
    defer { unlink(temporary) }
    if link(temporary, path) != 0 {
      guard errno == EEXIST else { throw failure("create", path) }
      return false
    }
    try syncDirectory(of: path)
    return true
  }

  /// Gives a finished file its final name: fsync, rename, fsync of the directory.
  public static func publish(_ temporary: String, as path: String) throws(RunFileError) {
    try sync(temporary)
    guard rename(temporary, path) == 0 else { throw failure("rename \(temporary) to", path) }
    try syncDirectory(of: path)
  }

  /// A name in the same directory for what is not finished. It is the process's own.
  public static func temporaryPath(for path: String) -> String {
    let (directory, name) = split(path)
    return "\(directory)/.\(name).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
  }

  /// Makes a directory and those above it, if they are not there.
  public static func makeDirectory(_ path: String) throws(RunFileError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .system(path: path, operation: "make directory", reason: error.localizedDescription)
    }
  }

  private static func writeSynced(_ data: Data, to path: String) throws(RunFileError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure("create", path) }
    defer { close(file) }
    let written = data.withUnsafeBytes { writeAll($0, to: file) }
    guard written, fsync(file) == 0 else {
      let error = failure("write", path)
      unlink(path)
      throw error
    }
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(file, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
    return true
  }

  private static func sync(_ path: String) throws(RunFileError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("open", path) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure("sync", path) }
  }

  private static func syncDirectory(of path: String) throws(RunFileError) {
    try sync(split(path).directory)
  }

  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    return (directory, String(path[path.index(after: slash)...]))
  }

  private static func failure(_ operation: String, _ path: String) -> RunFileError {
    .system(path: path, operation: operation, reason: String(cString: strerror(errno)))
  }
}
