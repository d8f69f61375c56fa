/// Something about a run that must never be so.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  public let node: String?
  public let rule: String
  public var description: String { node.map { "\($0): \(rule)" } ?? rule }
}

extension RunState {
  /// Every broken rule of this state; empty in a sound one. Tests ask after every event.
  public func violations() -> [Violation] {
    nodes.flatMap(violations) + runViolations()
  }

  private func violations(of node: Node) -> [Violation] {
    var broken: [String] = []
    if node.phase.isFulfilled != (node.finishedAt != nil) { broken.append("an end time goes with a final phase") }
    if node.phase.isFulfilled, let attempt = node.attempt, attempt != .ended {
      broken.append("an ended node has an attempt that is \(attempt.rawValue)")
    }
    if node.type.isComposite {
      let live = composite(node.index).slots.joined().count { !self[$0].phase.isFulfilled }
      if live != composite(node.index).live {
        broken.append("\(live) children are live, \(composite(node.index).live) counted")
      }
      if node.phase.isFulfilled, live > 0 { broken.append("ended before its children") }
    }
    if let owner = node.owner, owner >= node.index { broken.append("appeared before its owner") }
    return broken.map { Violation(node: node.name, rule: $0) }
  }

  private func runViolations() -> [Violation] {
    var broken: [String] = []
    let open = nodes.filter { !$0.phase.isFulfilled }
    if phase.isFinished, !open.isEmpty { broken.append("finished with \(open.count) nodes open") }
    if phase == .running, open.isEmpty { broken.append("running with nothing left to wait for") }
    for frame in nodes {
      guard let limit = composites[Int(frame.index.value)]?.calls.limit else { continue }
      let active = nodes.count { $0.boundary == frame.index && isCall($0) && $0.hasBegun && !$0.phase.isFulfilled }
      if active > limit { broken.append("\(active) calls of \(frame.name) exceed parallelism \(limit)") }
      let counted = composite(frame.index).calls.active
      if active != counted { broken.append("\(active) calls of \(frame.name) are active, \(counted) counted") }
    }
    let active = nodes.count { $0.attempt.map { [.requested, .running, .ending].contains($0) } ?? false }
    if active != queue.active { broken.append("\(active) attempts are active, \(queue.active) counted") }
    if let limit = queue.limit, active > limit { broken.append("\(active) attempts exceed parallelism \(limit)") }
    return broken.map { Violation(node: nil, rule: $0) }
  }
}
