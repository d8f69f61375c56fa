import Foundation
import RunFiles

/// What a merge asks of the file system beyond reading and writing.
enum LocalFile {
  /// Bytes of a regular file; nil when there is none.
  static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Milliseconds since 1970 of the last change; 0 when there is no file.
  static func modificationTime(_ path: String) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { return 0 }
    return Int(status.st_mtim.tv_sec) * 1000 + Int(status.st_mtim.tv_nsec) / 1_000_000
  }

  /// The names in a directory, sorted; empty when it does not exist.
  static func names(in directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }
}
