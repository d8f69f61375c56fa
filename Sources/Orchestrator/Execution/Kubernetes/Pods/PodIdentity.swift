import Crypto
import Foundation
import WorkflowCore

/// The names by which an attempt's pod is known.
enum PodMarks {
  static let managedBy = "app.kubernetes.io/managed-by"
  static let manager = "orchestrate"
  static let run = "orchestrate/run"
  static let nodeID = "orchestrate/node-id"
  static let nodeName = "orchestrate/node-name"
  static let launch = "orchestrate/launch"
  /// Keeps the object until its outcome is recorded, whoever deletes it.
  static let finalizer = "orchestrate/outcome"
  /// The label that all pods of ours have.
  static let selector = "\(managedBy)=\(manager)"
}

/// A name that Kubernetes takes, made of one that it may not: at most 253 characters of a-z, 0-9, - and dots.
///
/// - Parameter suffix: kept whole at the end.
func podName(_ name: String, suffix: String = "") -> String {
  let plain = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" }
  // An end of a part must not be a mark: 'a.-b' and 'a-' are refused.
  let parts = String(plain.prefix(253 - suffix.count)).split(separator: ".").map { part in
    String(part.drop { $0 == "-" }.reversed().drop { $0 == "-" }.reversed())
  }
  return parts.filter { !$0.isEmpty }.joined(separator: ".") + suffix
}

/// The first 16 digits of the SHA-256 of a text.
func shortDigest(_ bytes: some DataProtocol) -> String {
  SHA256.hash(data: bytes).prefix(8).map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}

/// Whether Kubernetes takes a text as the value of a label.
func isLabelValue(_ text: String) -> Bool {
  func isPlain(_ character: Character) -> Bool { character.isASCII && (character.isLetter || character.isNumber) }
  guard text.count <= 63, let first = text.first, let last = text.last else { return text.isEmpty }
  return isPlain(first) && isPlain(last) && text.allSatisfy { isPlain($0) || "-_.".contains($0) }
}
