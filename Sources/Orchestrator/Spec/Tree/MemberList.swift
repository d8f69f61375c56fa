import WorkflowCore

/// The members of a mapping while it is read: no key twice, and those that `<<` brings in behind its own.
struct MemberList {
  private var members: [SpecNode.Member] = []
  private var places: [String: Position] = [:]
  private var inherited: [SpecNode.Member] = []

  /// Adds a member, or returns where its key was given before.
  mutating func add(_ key: Located<String>, _ value: SpecNode) -> Position? {
    if let first = places[key.value] { return first }
    places[key.value] = key.position
    members.append(SpecNode.Member(key: key, value: value))
    return nil
  }

  /// Takes in what `<<: *base` or `<<: [*a, *b]` offers; returns what is wrong with it.
  mutating func merge(_ value: SpecNode) -> Diagnostic? {
    switch value.content {
    case .object(let members): inherited += members
    case .list(let elements):
      for element in elements {
        guard case .object(let members) = element.content else { return notMergeable(element) }
        inherited += members
      }
    case .scalar: return notMergeable(value)
    }
    return nil
  }

  private func notMergeable(_ value: SpecNode) -> Diagnostic {
    Diagnostic(.wrongType, at: value.position, "'<<' takes an object or a list of objects, not \(value.kindName)")
  }

  /// Own members first; among the inherited ones the first to bring a key wins.
  func merged() -> [SpecNode.Member] {
    guard !inherited.isEmpty else { return members }
    var all = self
    for member in inherited { _ = all.add(member.key, member.value) }
    return all.members
  }
}
