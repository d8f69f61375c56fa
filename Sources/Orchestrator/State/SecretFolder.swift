import Foundation
import WorkflowCore

/// Secrets, each in a file that only its owner may read, beside the state file: that one is copied, backed up and looked
/// into, so no secret is ever in it.
public struct SecretFolder: Sendable {
  private let root: String

  /// - Parameter statePath: of the state file whose folder the secrets lie in.
  public init(besideStateFile statePath: String) {
    root = URL(fileURLWithPath: statePath).deletingLastPathComponent().path + "/secrets"
  }

  private func path(_ namespace: String, _ name: String) -> String { "\(root)/\(namespace)/\(name).json" }

  /// Keeps a Secret object; its file is there whole or not at all.
  public func keep(_ manifest: WorkflowCore.Value, namespace: String, name: String) throws -> ObjectChange {
    let path = path(namespace, name)
    let old = self.manifest(namespace: namespace, name: name)
    guard old != manifest else { return .unchanged }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let new = "\(path).\(UUID().uuidString)"
    let descriptor = open(new, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(manifest.jsonText().utf8))
    try file.synchronize()
    try file.close()
    guard rename(new, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    return old == nil ? .created : .configured
  }

  private func manifest(namespace: String, name: String) -> WorkflowCore.Value? {
    guard let data = FileManager.default.contents(atPath: path(namespace, name)) else { return nil }
    return try? WorkflowCore.Value(json: String(decoding: data, as: UTF8.self))
  }

  /// The entries of a Secret, decoded; nil when there is none of that name.
  public func entries(namespace: String, name: String) -> [String: Data]? {
    guard let manifest = manifest(namespace: namespace, name: name) else { return nil }
    var entries: [String: Data] = [:]
    for (key, value) in manifest["data"]?.objectValue ?? [:] {
      entries[key] = value.stringValue.flatMap { Data(base64Encoded: $0, options: .ignoreUnknownCharacters) }
    }
    for (key, value) in manifest["stringData"]?.objectValue ?? [:] { entries[key] = Data(value.tagText.utf8) }
    return entries
  }

  /// Names of the Secrets of a namespace.
  public func names(namespace: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(namespace)")) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// Forgets a Secret. Returns whether there was one.
  public func remove(namespace: String, name: String) -> Bool { unlink(path(namespace, name)) == 0 }
}
