import OrderedCollections
import WorkflowCore

/// A node of a YAML or JSON document: a value with its position. Aliases are already replaced by what they stand for.
struct SpecNode: Sendable {
  enum Content: Sendable {
    case scalar(Scalar)
    case list([SpecNode])
    case object([Member])
  }

  struct Scalar: Hashable, Sendable {
    let value: Value
    /// As it was written, before it was read as a number, say.
    let text: String
    let style: Style
  }

  enum Style: Sendable { case plain, quoted, block }

  struct Member: Sendable {
    let key: Located<String>
    let value: SpecNode
  }

  let content: Content
  let position: Position
  /// Nodes in this tree, aliases counted as often as they are used.
  let size: Int
  /// Bytes of text in this tree, counted likewise.
  let textBytes: Int

  init(_ content: Content, at position: Position) {
    self.content = content
    self.position = position
    switch content {
    case .scalar(let scalar):
      (size, textBytes) = (1, scalar.text.utf8.count)
    case .list(let elements):
      size = elements.reduce(1) { $0 + $1.size }
      textBytes = elements.reduce(0) { $0 + $1.textBytes }
    case .object(let members):
      size = members.reduce(1) { $0 + 1 + $1.value.size }
      textBytes = members.reduce(0) { $0 + $1.key.value.utf8.count + $1.value.textBytes }
    }
  }
}

extension SpecNode {
  subscript(key: String) -> SpecNode? { member(key)?.value }

  func member(_ key: String) -> Member? { members.first { $0.key.value == key } }

  var members: [Member] {
    guard case .object(let members) = content else { return [] }
    return members
  }

  var elements: [SpecNode] {
    guard case .list(let elements) = content else { return [] }
    return elements
  }

  var scalar: Scalar? {
    guard case .scalar(let scalar) = content else { return nil }
    return scalar
  }

  /// The text of a string; nil for anything else.
  var text: String? { scalar?.value.stringValue }

  var isNull: Bool { scalar?.value == .null }

  /// What this is, in a user's words.
  var kindName: String {
    switch content {
    case .list: "a list"
    case .object: "an object"
    case .scalar(let scalar):
      switch scalar.value {
      case .null: "null"
      case .bool: "a boolean"
      case .int, .double: "a number"
      default: "text"
      }
    }
  }

  /// The JSON form.
  var value: Value {
    switch content {
    case .scalar(let scalar): return scalar.value
    case .list(let elements): return .array(elements.map(\.value))
    case .object(let members):
      var object = OrderedDictionary<String, Value>(minimumCapacity: members.count)
      for member in members { object[member.key.value] = member.value.value }
      return .object(object)
    }
  }
}

extension SpecNode {
  /// A tree of what was never text, or whose text is gone; it has no positions.
  init(_ value: Value) {
    switch value {
    case .array(let elements): self.init(.list(elements.map { SpecNode($0) }), at: .none)
    case .object(let members):
      let list = members.map { Member(key: Located($0.key), value: SpecNode($0.value)) }
      self.init(.object(list), at: .none)
    default:
      let scalar = Scalar(value: value, text: value.tagText, style: .quoted)
      self.init(.scalar(scalar), at: .none)
    }
  }
}
