import Foundation
import WorkflowCore

/// ConfigMaps, Secrets and claims that were kept for runs to refer to. Asked anew each time: an edit counts from the next
/// step on.
public struct ObjectLookUp: Sendable {
  /// The entries of a ConfigMap, by namespace and name; nil when there is none.
  public var configMap: @Sendable (String, String) -> [String: Data]?
  public var secret: @Sendable (String, String) -> [String: Data]?
  public var hasClaim: @Sendable (String, String) -> Bool

  public init(
    configMap: @escaping @Sendable (String, String) -> [String: Data]?,
    secret: @escaping @Sendable (String, String) -> [String: Data]?,
    hasClaim: @escaping @Sendable (String, String) -> Bool
  ) {
    self.configMap = configMap
    self.secret = secret
    self.hasClaim = hasClaim
  }

  /// Where nothing was kept.
  public static let empty = ObjectLookUp(
    configMap: { _, _ in nil }, secret: { _, _ in nil }, hasClaim: { _, _ in false })

  /// The text that `{name, key}` names.
  func text(ofSecret reference: Value, namespace: String) throws(ArtifactError) -> String {
    let (name, key) = (reference["name"]?.stringValue ?? "", reference["key"]?.stringValue ?? "")
    guard let data = secret(namespace, name)?[key] else {
      throw ArtifactError(
        .invalid, "there is no Secret '\(name)' with a key '\(key)': keep it with 'orchestrate apply'")
    }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
