import Foundation

/// Archives of artifacts. What a file is, its first bytes say, as with Argo; its name says nothing.
public enum Archive {
  private enum Form { case tar, zip, none }

  /// Puts what `file` holds at `destination`, which must not exist: the content of an archive, or the file itself. An
  /// archive of one single thing stands for that thing.
  public static func unpack(_ file: String, to destination: String) throws(ArtifactError) {
    switch try form(of: file) {
    case .none: try Tool.run(["cp", "--reflink=auto", "--", file, destination])
    case .tar:
      try unpack(to: destination) { folder throws(ArtifactError) in
        try Tool.run(["tar", "--no-same-owner", "-xf", file, "-C", folder])
      }
    case .zip:
      try unpack(to: destination) { folder throws(ArtifactError) in
        try Tool.run(["unzip", "-q", "-o", file, "-d", folder])
      }
    }
  }

  private static func unpack(
    to destination: String, _ body: (String) throws(ArtifactError) -> Void
  ) throws(ArtifactError) {
    let folder = destination + ".unpacked"
    try? FileManager.default.removeItem(atPath: folder)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try body(folder)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      guard names.count == 1 else { return try FileManager.default.moveItem(atPath: folder, toPath: destination) }
      try FileManager.default.moveItem(atPath: "\(folder)/\(names[0])", toPath: destination)
      try FileManager.default.removeItem(atPath: folder)
    } catch let error as ArtifactError {
      throw error
    } catch {
      throw ArtifactError(.unavailable, "cannot unpack to \(destination): \(error.localizedDescription)")
    }
  }

  /// Puts the members of a tar into a folder, which is made anew.
  public static func extract(_ tar: String, into folder: String) throws(ArtifactError) {
    try? FileManager.default.removeItem(atPath: folder)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw ArtifactError(.unavailable, "cannot make \(folder): \(error.localizedDescription)")
    }
    try Tool.run(["tar", "--no-same-owner", "-xf", tar, "-C", folder])
  }

  /// A folder or file as a zip at `archive`, in which it is called `name`.
  public static func zip(_ path: String, named name: String, to archive: String) throws(ArtifactError) {
    let folder = path + ".named"
    try? FileManager.default.removeItem(atPath: folder)
    unlink(archive)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/\(name)")
    } catch {
      throw ArtifactError(.unavailable, "cannot pack \(path): \(error.localizedDescription)")
    }
    try Tool.run(["zip", "-q", "-r", "-y", archive, name], in: folder)
  }

  private static func form(of file: String) throws(ArtifactError) -> Form {
    let head = head(of: file, count: 512)
    if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .zip }
    if isTar(head) { return .tar }
    guard head.starts(with: [0x1F, 0x8B]) else { return .none }
    // A file that is merely compressed is given as it is.
    let start = file + ".head"
    defer { unlink(start) }
    try Tool.run(["sh", "-c", "gzip -dc -- \"$1\" 2>/dev/null | head -c 512", "sh", file], output: start)
    return isTar(self.head(of: start, count: 512)) ? .tar : .none
  }

  /// POSIX and GNU tar write `ustar` at byte 257.
  private static func isTar(_ head: Data) -> Bool {
    head.count >= 262 && head.dropFirst(257).starts(with: Data("ustar".utf8))
  }

  private static func head(of file: String, count: Int) -> Data {
    guard let handle = FileHandle(forReadingAtPath: file) else { return Data() }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: count)) ?? Data()
  }
}
