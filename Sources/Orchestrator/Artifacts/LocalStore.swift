import Foundation

/// Artifacts in a folder of this machine: the key is the path below it.
///
/// An object appears whole or not at all, and putting the same one again is harmless.
struct LocalStore: Sendable {
  let root: String

  func path(of key: String) throws(ArtifactError) -> String {
    let parts = key.split(separator: "/")
    guard !parts.isEmpty, !parts.contains(".."), !parts.contains("."), !key.utf8.contains(0) else {
      throw ArtifactError(.invalid, "'\(key)' is no key of an artifact")
    }
    return root + "/" + parts.joined(separator: "/")
  }

  /// Keeps a file or a folder under a key, in the place of what was there.
  func put(_ staged: String, _ key: String) throws(ArtifactError) {
    let target = try path(of: key)
    let new = "\(target).\(UUID().uuidString)"
    do {
      let folder = URL(fileURLWithPath: target).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Tool.run(["cp", "-a", "--reflink=auto", "--", staged, new])
      if rename(new, target) != 0 { try replaceFolder(target, by: new) }
    } catch let error as ArtifactError {
      throw error
    } catch {
      throw ArtifactError(.unavailable, "cannot keep \(key) in \(root): \(error.localizedDescription)")
    }
  }

  /// A folder cannot be renamed onto one that holds something. Its parts are put one by one, as objects of a store would
  /// be: several steps may write below one key.
  private func replaceFolder(_ target: String, by new: String) throws {
    defer { try? FileManager.default.removeItem(atPath: new) }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: new, isDirectory: &isFolder), isFolder.boolValue else {
      throw CocoaError(.fileWriteFileExists)
    }
    try Tool.run(["cp", "-a", "--reflink=auto", "--remove-destination", "-T", "--", new, target])
  }

  /// Copies what is kept under a key: a file, or everything below it.
  /// - Returns: whether it is a folder.
  func fetch(_ key: String, to file: String) throws(ArtifactError) -> Bool {
    let source = try path(of: key)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
      throw ArtifactError(.absent, "there is no artifact '\(key)'")
    }
    try Tool.run(["cp", "-a", "--reflink=auto", "-T", "--", source, file])
    return isFolder.boolValue
  }

  func remove(_ key: String) throws(ArtifactError) {
    try? FileManager.default.removeItem(atPath: try path(of: key))
  }
}
