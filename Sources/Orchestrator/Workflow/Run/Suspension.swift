// Waiting for a person or for a time: suspend templates, and runs that are paused as a whole.

extension RunState {
  /// Sets a suspend node to wait; one with a duration resumes by itself.
  mutating func suspend(_ node: Node) {
    let now = now
    update(node.index) { node in
      node.phase = .running
      node.startedAt = now
    }
    guard case .suspend(let suspension) = template(of: node)?.body, let text = suspension.duration else { return }
    do throws(RenderError) {
      let rendered = try render(text, in: Scope(inputs: node.inputs, item: node.item, node: node.index))
      let due = now.advanced(byMilliseconds: try waitingTime(rendered))
      update(node.index) { $0.retryAt = due }
      turn.commands.append(.wake(node.index, at: due))
    } catch {
      finish(node.index, .error, error.message)
    }
  }

  private func waitingTime(_ text: String) throws(RenderError) -> Int64 {
    do {
      return max(0, try GoDuration(parsing: text).milliseconds)
    } catch {
      throw RenderError("suspend.duration: \(error)")
    }
  }

  /// Pauses the run: what runs goes on, nothing new is launched.
  mutating func suspendRun() {
    guard !phase.isFinished else { return turn.note = "the run has finished" }
    guard suspendedAt == nil else { return turn.note = "the run is already suspended" }
    changeRun { $0.suspendedAt = $0.now }
  }

  /// Without a selector of nodes the run goes on, and with it every node that waited when it was paused.
  mutating func resume(_ selector: NodeSelector?) {
    guard !phase.isFinished else { return turn.note = "the run has finished" }
    let waiting = waitingNodes(selector, startedUntil: selector == nil ? suspendedAt : nil)
    let paused = suspendedAt != nil && selector == nil
    if paused { changeRun { $0.suspendedAt = nil } }
    if waiting.isEmpty, !paused { turn.note = "no suspended node is selected" }
    for node in waiting { resume(node) }
  }

  private func waitingNodes(_ selector: NodeSelector?, startedUntil limit: Timestamp? = nil) -> [Node] {
    nodes.filter { node in
      node.type == .suspend && node.phase == .running && selector?.matches(node) ?? true
        && (limit.map { node.startedAt <= $0 } ?? true)
    }
  }

  /// A wait that ends by itself ends well only when what the node promised is there.
  mutating func durationPassed(_ node: Node) {
    resume(node)
    guard let missing = turn.note, !self[node.index].phase.isFulfilled else { return }
    finish(node.index, .failed, missing)
  }

  mutating func resume(_ node: Node) {
    do throws(RenderError) {
      let outputs = try suppliedOutputs(of: node)
      if let outputs { update(node.index) { $0.outputs = outputs } }
      finish(node.index, .succeeded)
    } catch {
      turn.note = error.message
    }
  }

  /// The declared outputs of a suspend node: as supplied, else their defaults. Nothing else can end the wait well.
  private func suppliedOutputs(of node: Node) throws(RenderError) -> NodeOutputs? {
    guard let template = template(of: node), !template.outputs.isEmpty else { return node.outputs }
    var outputs = NodeOutputs()
    for output in template.outputs {
      let name = output.name.value
      if let value = node.outputs?.parameters[name] {
        outputs.parameters.append(ParameterValue(name: name, value: value))
      } else if let text = output.defaultValue {
        let value = try render(text, in: Scope(inputs: node.inputs, item: node.item, node: node.index))
        outputs.parameters.append(ParameterValue(name: name, value: value))
      } else {
        throw RenderError("'\(node.displayName)' cannot be resumed: its output '\(name)' has not been supplied")
      }
    }
    return outputs
  }

  /// Sets phase, message and supplied outputs of waiting nodes.
  mutating func set(_ change: NodeChange, on selector: NodeSelector) {
    let waiting = waitingNodes(selector)
    guard !phase.isFinished, !waiting.isEmpty else { return turn.note = "no suspended node is selected" }
    for node in waiting { set(change, on: node) }
  }

  private mutating func set(_ change: NodeChange, on node: Node) {
    let declared = template(of: node)?.outputs.filter { $0.source == .supplied }.map(\.name.value) ?? []
    if let unknown = change.outputs.first(where: { !declared.contains($0.name) }) {
      return turn.note = "'\(node.displayName)' has no output '\(unknown.name)' to be supplied"
    }
    update(node.index) { node in
      var outputs = node.outputs ?? NodeOutputs()
      outputs.parameters.removeAll { old in change.outputs.contains { $0.name == old.name } }
      outputs.parameters += change.outputs
      if !outputs.parameters.isEmpty { node.outputs = outputs }
      if let message = change.message { node.message = message }
    }
    switch change.phase {
    case .succeeded: resume(self[node.index])
    case .failed, .error, .skipped, .omitted: finish(node.index, change.phase ?? .failed, change.message)
    case .pending, .running, nil: break
    }
  }
}
