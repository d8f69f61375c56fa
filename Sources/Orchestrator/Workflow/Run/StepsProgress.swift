// How a steps template moves on: its groups one after the other, the steps of a group together.

extension RunState {
  mutating func enterGroup(_ position: Int, of steps: Node) {
    guard case .steps(let groups) = template(of: steps)?.body, groups.indices.contains(position) else {
      return completeFrame(steps, .succeeded)
    }
    let place = Placement(
      name: "\(steps.name)[\(position)]", displayName: "[\(position)]", owner: steps.index, boundary: steps.index,
      member: position, item: nil, isHook: steps.isHook)
    let group = addNode(.stepGroup, template: nil, at: place, phase: .running)
    for (member, step) in groups[position].enumerated() {
      call(step, member: member, owner: group, boundary: steps.index, prefix: place.name)
    }
    if groups[position].isEmpty { finish(group, .succeeded) }
  }

  /// A group ends when all its steps have: it fails with the first failed step that nothing excuses.
  mutating func stepEnded(in group: Node) {
    let composite = composite(group.index)
    guard composite.live == 0 else { return }
    let steps = steps(ofGroup: group)
    for (step, nodes) in zip(steps, composite.slots) {
      for node in nodes.map({ self[$0] }) where node.phase.isFailure && !isStepHandler(node) {
        guard !step.continueOn.excuses(node.phase) else { continue }
        return finish(group.index, .failed, "child '\(node.id)' failed")
      }
    }
    finish(group.index, .succeeded)
  }

  mutating func groupEnded(_ group: Node, in steps: Node) {
    guard !group.phase.isFailure else { return completeFrame(steps, .failed, group.message) }
    enterGroup(group.member + 1, of: steps)
  }

  /// Ends a steps or dag node; what it promised as outputs is taken from its children first.
  mutating func completeFrame(_ frame: Node, _ phase: NodePhase, _ message: String? = nil) {
    let message = phase.isFailure && failsFast(frame.index) ? Self.failFastMessage : message
    do throws(RenderError) {
      let outputs = try frameOutputs(of: frame, phase)
      if let outputs { update(frame.index) { $0.outputs = outputs } }
      finish(frame.index, phase, message)
    } catch {
      finish(frame.index, .error, error.message)
    }
  }
}

extension ContinueOn {
  func excuses(_ phase: NodePhase) -> Bool {
    (phase == .failed && contains(.failed)) || (phase == .error && contains(.error))
  }
}
