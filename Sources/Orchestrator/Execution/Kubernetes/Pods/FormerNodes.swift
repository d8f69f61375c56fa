import Foundation
import WorkflowCore

/// The nodes that attempts of one node of a run have been on, for `retryStrategy.affinity.nodeAntiAffinity`: a file in the
/// run's folder, because the attempts' own records go with their pods.
struct FormerNodes: Sendable {
  private let path: String

  /// Nil when the retry strategy does not ask for it.
  init?(of launch: Launch, under root: String) {
    guard launch.pod?.template[PodFields.avoidsFormerNodes] == .bool(true) else { return nil }
    path = "\(root)/\(launch.attempt.run)/nodes-\(shortDigest(Data(launch.nodeKey.utf8)))"
  }

  var names: [String] {
    ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }

  func add(_ name: String) {
    guard !names.contains(name) else { return }
    // Unwritten, a retry may come to the same node: a wish is not granted, nothing is lost.
    try? Data((names + [name]).joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}

extension PodBuilder {
  /// The spec with a rule in every term of its node affinity that leaves nodes out.
  func avoiding(_ nodes: [String], _ spec: Value) -> Value {
    let rules = nodes.map { node in
      Value.record(["key": "metadata.name", "operator": "NotIn", "values": .array([.string(node)])])
    }
    let required = "requiredDuringSchedulingIgnoredDuringExecution"
    var members = spec.objectValue ?? [:]
    var affinity = members["affinity"]?.objectValue ?? [:]
    var node = affinity["nodeAffinity"]?.objectValue ?? [:]
    let terms = node[required]?["nodeSelectorTerms"]?.arrayValue ?? []
    let extended = (terms.isEmpty ? [.object([:])] : terms).map { term in
      var term = term.objectValue ?? [:]
      term["matchFields"] = .array((term["matchFields"]?.arrayValue ?? []) + rules)
      return Value.object(term)
    }
    node[required] = .record(["nodeSelectorTerms": .array(extended)])
    affinity["nodeAffinity"] = .object(node)
    members["affinity"] = .object(affinity)
    return .object(members)
  }
}
