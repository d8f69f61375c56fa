import Execution
import OrderedCollections
import WorkflowCore
import WorkflowSpec

/// A `podSpecPatch`: merged into a pod's spec by Kubernetes' strategic rules, as far as it is allowed to reach.
struct PodSpecPatch {
  private let patch: Value

  /// What a patch may change. What gives rights over the node or the namespace is not among it.
  static let allowed: Set<String> = [
    "activeDeadlineSeconds", "affinity", "containers", "initContainers", "nodeSelector", "overhead", "priority",
    "priorityClassName", "runtimeClassName", "schedulerName", "terminationGracePeriodSeconds", "tolerations",
    "topologySpreadConstraints", "volumes",
  ]

  /// - Parameter text: YAML or JSON.
  init(_ text: String) throws(ExecutionError) {
    let document = PlainDocument(Array(text.utf8), name: "podSpecPatch")
    guard let patch = document.value, let members = patch.objectValue else {
      throw .refused(document.report ?? "podSpecPatch is not an object")
    }
    if let field = members.keys.first(where: { !Self.allowed.contains($0) }) {
      throw .refused("podSpecPatch may not change '\(field)': it may \(Self.allowed.sorted().joined(separator: ", "))")
    }
    self.patch = patch
  }

  func applied(to spec: Value) -> Value { Self.merge(patch, into: spec, under: "") }

  /// Lists whose elements are known by a member; all other lists are replaced as a whole.
  private static let keys = [
    "containers": "name", "initContainers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath",
    "volumeDevices": "devicePath", "ports": "containerPort", "topologySpreadConstraints": "topologyKey",
  ]

  private static func merge(_ patch: Value, into value: Value?, under field: String) -> Value {
    switch (patch, value) {
    case (.object(let changes), _):
      var members = value?.objectValue ?? [:]
      for (name, change) in changes {
        members[name] = change == .null ? nil : merge(change, into: members[name], under: name)
      }
      return .object(members)
    case (.array(let changes), .array(let elements)?):
      guard let key = keys[field] else { return patch }
      return .array(changes.reduce(into: elements) { merge($1, into: &$0, by: key) })
    default: return patch
    }
  }

  private static func merge(_ change: Value, into elements: inout [Value], by key: String) {
    guard let place = elements.firstIndex(where: { $0[key] != nil && $0[key] == change[key] }) else {
      return elements.append(merge(change, into: nil, under: ""))
    }
    if change["$patch"] == "delete" {
      elements.remove(at: place)
    } else {
      elements[place] = merge(change, into: elements[place], under: "")
    }
  }
}
