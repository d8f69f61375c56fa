import WorkflowCore

/// Builds trees from events, within limits. What makes the rest of the text meaningless is thrown; what can be read past
/// (a duplicate key, a tag) is collected.
struct TreeReader {
  private let events: EventStream
  private let limits: ReadingLimits
  private var anchors: [String: SpecNode] = [:]
  private var nodes = 0
  private var aliases = 0
  private var textBytes = 0
  private(set) var diagnostics: [Diagnostic] = []

  init(_ events: EventStream, limits: ReadingLimits) {
    self.events = events
    self.limits = limits
  }

  /// The next document's root; nil at the end of the text.
  mutating func nextDocument() throws(Diagnostic) -> SpecNode? {
    var event = try events.next()
    if case .streamStart = event.kind { event = try events.next() }
    guard case .documentStart = event.kind else { return nil }
    anchors = [:]
    let root = try readNode(from: events.next(), depth: 0)
    _ = try events.next()
    return root
  }

  private mutating func readNode(from event: YAMLEvent, depth: Int) throws(Diagnostic) -> SpecNode {
    guard depth < limits.depth else {
      throw Diagnostic(.limit, at: event.position, "nested deeper than \(limits.depth) levels")
    }
    let content: SpecNode.Content
    switch event.kind {
    case .alias(let name): return try resolveAlias(name, at: event.position)
    case .scalar(let text, let style): content = .scalar(scalar(text, style, event))
    case .listStart:
      noteTag(of: event, allowed: "tag:yaml.org,2002:seq")
      content = .list(try readElements(depth: depth + 1))
    case .objectStart:
      noteTag(of: event, allowed: "tag:yaml.org,2002:map")
      content = .object(try readMembers(depth: depth + 1))
    default: content = .scalar(SpecNode.Scalar(value: .null, text: "", style: .plain))
    }
    let node = SpecNode(content, at: event.position)
    try count(nodes: 1, textBytes: event.textBytes, at: event.position)
    if let anchor = event.anchor { anchors[anchor] = node }
    return node
  }

  private mutating func count(nodes: Int, textBytes: Int, at position: Position) throws(Diagnostic) {
    self.nodes += nodes
    self.textBytes += textBytes
    if self.nodes > limits.nodes {
      throw Diagnostic(
        .limit, at: position, "more than \(limits.nodes) values, aliases counted as often as they are used")
    }
    if self.textBytes > limits.expandedBytes {
      throw Diagnostic(
        .limit, at: position, "more than \(limits.expandedBytes) bytes of text once aliases are replaced")
    }
  }

  private mutating func resolveAlias(_ name: String, at position: Position) throws(Diagnostic) -> SpecNode {
    guard let node = anchors[name] else {
      throw Diagnostic(
        .syntax, at: position, "the alias '*\(name)' has no anchor before it",
        hint: didYouMean(name, among: anchors.keys.sorted()) ?? "text that begins with * needs quotes")
    }
    aliases += 1
    guard aliases <= limits.aliases else {
      throw Diagnostic(.limit, at: position, "more than \(limits.aliases) aliases")
    }
    try count(nodes: node.size, textBytes: node.textBytes, at: position)
    return node
  }

  private mutating func readElements(depth: Int) throws(Diagnostic) -> [SpecNode] {
    var elements: [SpecNode] = []
    while true {
      let event = try events.next()
      if case .listEnd = event.kind { return elements }
      elements.append(try readNode(from: event, depth: depth))
    }
  }

  private mutating func readMembers(depth: Int) throws(Diagnostic) -> [SpecNode.Member] {
    var members = MemberList()
    while true {
      let event = try events.next()
      if case .objectEnd = event.kind { return members.merged() }
      let key = try readKey(from: event, depth: depth)
      let value = try readNode(from: events.next(), depth: depth)
      guard let key else { continue }
      if key.value == "<<", isPlain(event) {
        if let problem = members.merge(value) { note(problem) }
      } else if let first = members.add(key, value) {
        note(
          Diagnostic(
            .duplicate, at: key.position, "the key '\(key.value)' stands here twice",
            hint: "it was first given on line \(first.line)"))
      }
    }
  }

  /// More than are shown are not kept.
  private mutating func note(_ diagnostic: Diagnostic) {
    if diagnostics.count <= DiagnosticLog.capacity { diagnostics.append(diagnostic) }
  }

  private func isPlain(_ event: YAMLEvent) -> Bool {
    if case .scalar(_, .plain) = event.kind { true } else { false }
  }

  /// Nil, with a diagnostic, for a key that is no scalar. It is never hashed or compared.
  private mutating func readKey(from event: YAMLEvent, depth: Int) throws(Diagnostic) -> Located<String>? {
    let noted = diagnostics.count
    let node = try readNode(from: event, depth: depth)
    guard let scalar = node.scalar, scalar.value != .null else {
      // What is wrong inside the key says nothing more.
      diagnostics.removeSubrange(noted...)
      note(
        Diagnostic(
          .syntax, at: event.position, "a key must be text, not \(node.kindName)",
          hint: scalarHint(for: node)))
      return nil
    }
    return Located(scalar.value.tagText, at: event.position)
  }

  private func scalarHint(for node: SpecNode) -> String? {
    if case .object = node.content { "a text that begins with { or {{ needs quotes" } else { nil }
  }
}

extension YAMLEvent {
  fileprivate var textBytes: Int {
    if case .scalar(let text, _) = kind { text.utf8.count } else { 0 }
  }
}

// MARK: Scalars and tags

extension TreeReader {
  private mutating func scalar(_ text: String, _ style: SpecNode.Style, _ event: YAMLEvent) -> SpecNode.Scalar {
    let value: Value
    switch event.tag {
    case nil: value = style == .plain ? resolvePlainScalar(text) : .string(text)
    case "!", "tag:yaml.org,2002:str": value = .string(text)
    case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool",
      "tag:yaml.org,2002:null":
      value = resolvePlainScalar(text)
    default:
      noteTag(of: event, allowed: nil)
      value = .string(text)
    }
    return SpecNode.Scalar(value: value, text: text, style: style)
  }

  private mutating func noteTag(of event: YAMLEvent, allowed: String?) {
    guard let tag = event.tag, tag != "!", tag != allowed else { return }
    let shown = tag.replacingPrefix("tag:yaml.org,2002:", with: "!!")
    note(
      Diagnostic(
        .syntax, at: event.position, "the YAML tag '\(shown)' has no meaning in a workflow",
        hint: "text that begins with ! needs quotes"))
  }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String, with replacement: String) -> String {
    hasPrefix(prefix) ? replacement + dropFirst(prefix.count) : self
  }
}
