import OrderedCollections
import WorkflowCore

/// Objects that others may refer to, workflow templates and ConfigMaps: those of the same file, and those that were kept before.
struct TemplateLibrary {
  struct Key: Hashable {
    let name: String
    let isClusterScoped: Bool

    var kind: ObjectKind { isClusterScoped ? .clusterWorkflowTemplate : .workflowTemplate }

    /// What the names of its templates begin with where they stand among those of a workflow.
    var prefix: String { isClusterScoped ? "cluster/\(name)/" : "\(name)/" }
  }

  /// Where a workflow keeps the objects it refers to, so that it can be read again when they have changed.
  static let storedKey = "storedWorkflowTemplates"

  /// Where a workflow keeps the defaults it was submitted with.
  static let defaultsKey = "storedWorkflowDefaults"

  let defaults: Value?
  private var objects: [Key: SpecNode] = [:]
  private var configMaps: [String: SpecNode] = [:]

  /// A later object replaces an earlier one of the same kind and name.
  init(_ nodes: [SpecNode], defaults: Value? = nil) {
    self.defaults = defaults
    for node in nodes {
      guard let name = node["metadata"]?["name"]?.text else { continue }
      switch node["kind"]?.text {
      case ObjectKind.workflowTemplate.rawValue: objects[Key(name: name, isClusterScoped: false)] = node
      case ObjectKind.clusterWorkflowTemplate.rawValue: objects[Key(name: name, isClusterScoped: true)] = node
      case ObjectKind.configMap.rawValue: configMaps[name] = node
      default: break
      }
    }
  }

  subscript(key: Key) -> SpecNode? { objects[key] }

  /// The ConfigMaps of these names that are known, in order of name; nil means all.
  func configMaps(
    _ names: Set<String>?
  ) -> [(name: String, entries: OrderedDictionary<String, String>, value: Value)] {
    configMaps.keys.sorted().filter { names?.contains($0) ?? true }.compactMap { name in
      guard let node = configMaps[name] else { return nil }
      let members = node["data"]?.members ?? []
      let entries = OrderedDictionary(
        members.map { ($0.key.value, $0.value.scalar.map { plainText(of: $0.value) } ?? "") }, uniquingKeysWith: { $1 })
      return (name, entries, node.value)
    }
  }

  func hasConfigMap(_ name: String) -> Bool { configMaps[name] != nil }

  /// The object a `templateRef` or `workflowTemplateRef` names.
  static func key(of reference: SpecCursor) -> Key? {
    guard let name = reference.text("name"), !name.isEmpty, tags(in: name).isEmpty else { return nil }
    return Key(name: name, isClusterScoped: reference.flag("clusterScope") ?? false)
  }

  /// `object` with the spec that its `workflowTemplateRef` stands for, its own fields above those of the template.
  func resolved(_ object: SpecCursor, _ kind: ObjectKind) -> SpecCursor {
    guard kind == .workflow, let spec = object["spec"] else { return object }
    var merged = spec.node
    if let reference = spec["workflowTemplateRef"], let key = Self.key(of: reference), let below = self[key]?["spec"] {
      merged = merged.removing(["workflowTemplateRef"]).merged(over: below)
    }
    var node = object.node
    if let defaults {
      if let below = defaults["spec"] { merged = merged.merged(over: SpecNode(below)) }
      if let below = defaults["metadata"] {
        let metadata = node["metadata"] ?? SpecNode(.object([]), at: node.position)
        node = node.replacing("metadata", with: metadata.merged(over: SpecNode(below)))
      }
    }
    return SpecCursor(
      node.replacing("spec", with: merged), path: object.path, log: object.log, source: object.source)
  }
}

// MARK: Merging

extension SpecNode {
  /// This node over another, as Kubernetes merges: objects member by member, lists whose elements have names element by
  /// element, anything else replaced.
  func merged(over below: SpecNode) -> SpecNode {
    switch (content, below.content) {
    case (.object(let own), .object(let under)):
      let kept = under.map { member in
        Member(key: member.key, value: self[member.key.value]?.merged(over: member.value) ?? member.value)
      }
      return SpecNode(.object(kept + own.filter { below.member($0.key.value) == nil }), at: position)
    case (.list(let own), .list(let under)):
      let (names, others) = (own.map { $0["name"]?.text }, under.map { $0["name"]?.text })
      guard !names.contains(nil), !others.contains(nil) else { return self }
      let kept = zip(under, others).map { element, name in
        names.firstIndex(of: name).map { own[$0].merged(over: element) } ?? element
      }
      return SpecNode(.list(kept + zip(own, names).filter { !others.contains($1) }.map(\.0)), at: position)
    default: return self
    }
  }

  func removing(_ keys: Set<String>) -> SpecNode {
    SpecNode(.object(members.filter { !keys.contains($0.key.value) }), at: position)
  }

  /// This object with a member replaced where it stands, or added.
  func replacing(_ key: String, with value: SpecNode) -> SpecNode {
    guard member(key) != nil else {
      return SpecNode(.object(members + [Member(key: Located(key, at: position), value: value)]), at: position)
    }
    let changed = members.map { $0.key.value == key ? Member(key: $0.key, value: value) : $0 }
    return SpecNode(.object(changed), at: position)
  }

  /// A text that was not written anywhere.
  static func text(_ text: String, at position: Position) -> SpecNode {
    SpecNode(.scalar(Scalar(value: .string(text), text: text, style: .quoted)), at: position)
  }
}

extension SpecCursor {
  func reportUnknown(_ key: TemplateLibrary.Key) {
    report(
      .unknownName, "there is no \(key.kind.rawValue) '\(key.name)'",
      hint: "put it into the same file, or keep it first: orchestrate apply FILE")
  }
}
