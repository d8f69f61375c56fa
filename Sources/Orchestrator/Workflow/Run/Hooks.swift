// Work that follows from what becomes of single steps and tasks: exit handlers when they have ended, and hooks as soon as
// a condition holds. What comes next waits for both.

extension RunState {
  /// Whether a node is the exit handler or a hook of a step or task. It stands beside that node, in the same slot of
  /// their owner.
  func isStepHandler(_ node: Node) -> Bool {
    guard node.isHook, let owner = node.owner, self[owner].type != .retry else { return false }
    // No step's name has a dot, and the names of loop items and attempts end in a parenthesis.
    return node.displayName.hasSuffix(".onExit") || node.displayName.reversed().prefix { $0 != ")" }.contains(".")
  }

  /// Starts the exit handler of a step that has run, once for all its attempts; before anyone hears that it has ended.
  mutating func startExitHandler(of node: Node) {
    guard node.phase == .succeeded || node.phase.isFailure, shutdown != .terminate,
      let frame = node.boundary, let handler = step(calling: node)?.onExit
    else { return }
    let scope = Scope(frame: frame, item: node.item)
    let place = besidePlace(of: node, suffix: ".onExit")
    do throws(RenderError) {
      if let condition = handler.expression, try !holds(condition, of: "hooks.exit", in: scope) { return }
    } catch {
      return addEndedNode(template: handler.template.value, at: place, .error, error.message)
    }
    let inputs = callInputs(handler.arguments, handler.artifacts, of: handler.template.value, in: scope)
    invoke(handler.template.value, with: inputs, at: place)
  }

  private func besidePlace(of node: Node, suffix: String) -> Placement {
    Placement(
      name: node.name + suffix, displayName: node.displayName + suffix, owner: node.owner, boundary: node.boundary,
      member: node.member, item: node.item, isHook: true)
  }

  private func holds(
    _ condition: Expression, of field: String, in scope: Scope
  ) throws(RenderError) -> Bool {
    do throws(RenderError) {
      return try condition.holds(in: ScopedRun(run: self, scope: scope))
    } catch {
      // What is not there yet may come: it does not hold now.
      if error.isAbsence { return false }
      throw RenderError("\(field).expression: \(error.message)")
    }
  }

  /// The step or task that a node is the call of; nil for groups, items of a task, attempts and handlers.
  private func step(calling node: Node) -> Step? {
    guard let owner = node.owner.map({ self[$0] }), !isStepHandler(node) else { return nil }
    switch owner.type {
    case .stepGroup: return steps(ofGroup: owner)[node.member]
    case .dag:
      guard case .dag(let dag) = template(of: owner)?.body else { return nil }
      return dag.tasks[node.member].step
    default: return nil
    }
  }

  /// Whether a task and its handlers have ended, and `node` is the last of them that the dag is told about.
  func isLastToldOfTask(_ node: Node, _ slot: [NodeIndex]) -> Bool {
    guard slot.count > 1 else { return true }
    return slot.allSatisfy { self[$0].phase.isFulfilled }
      && !turn.fulfilled.dropFirst(turn.told).contains { slot.contains($0) }
  }
}

// MARK: Hooks that wait for a condition

extension RunState {
  /// Starts every hook whose condition holds by what has changed in this turn; false when there is none.
  mutating func startHooks() -> Bool {
    guard phase == .running, shutdown != .terminate else { return false }
    let before = nodes.count
    var frames: [NodeIndex] = []
    for index in turn.changed {
      if let frame = self[index].boundary, frames.last != frame, hasHooks(frame), !frames.contains(frame) {
        frames.append(frame)
      }
    }
    for frame in frames { startHooks(in: frame) }
    startRunHooks()
    return nodes.count > before
  }

  private func hasHooks(_ frame: NodeIndex) -> Bool { calls(of: self[frame])?.hasHooks ?? false }

  /// Starts the hooks in one steps or dag node whose conditions hold.
  mutating func startHooks(in frame: NodeIndex) {
    guard hasHooks(frame), !self[frame].phase.isFulfilled, shutdown != .terminate else { return }
    let members = composite(frame).slots.joined()
    let called = self[frame].type == .dag ? Array(members) : members.flatMap { composite($0).slots.joined() }
    for index in called { startHooks(of: self[index], in: frame) }
  }

  private mutating func startHooks(of node: Node, in frame: NodeIndex) {
    guard let hooks = step(calling: node)?.hooks, !hooks.isEmpty, node.phase != .skipped, node.phase != .omitted,
      let owner = node.owner, !self[owner].phase.isFulfilled
    else { return }
    let slot = composite(owner).slots[node.member]
    for hook in hooks {
      let place = besidePlace(of: node, suffix: ".hooks.\(hook.name)")
      guard !slot.contains(where: { self[$0].name == place.name }) else { continue }
      start(hook, at: place, in: Scope(frame: frame, item: node.item))
    }
  }

  private mutating func start(_ hook: LifecycleHook, at place: Placement, in scope: Scope) {
    do throws(RenderError) {
      guard try holds(hook.expression, of: "hooks.\(hook.name)", in: scope) else { return }
    } catch {
      return addEndedNode(template: hook.template.value, at: place, .error, error.message)
    }
    let inputs = callInputs(hook.arguments, hook.artifacts, of: hook.template.value, in: scope)
    invoke(hook.template.value, with: inputs, at: place)
  }
}

// MARK: Hooks of the run as a whole

extension RunState {
  var exitHandlerName: String { "\(name).onExit" }

  private func runHookName(_ hook: LifecycleHook) -> String { "\(name).hooks.\(hook.name)" }

  mutating func startRunHooks() {
    guard !workflow.spec.hooks.isEmpty, phase == .running, shutdown != .terminate,
      !nodes.contains(where: { $0.name == exitHandlerName })
    else { return }
    for hook in workflow.spec.hooks where !nodes.contains(where: { $0.name == runHookName(hook) }) {
      let name = runHookName(hook)
      let place = Placement(
        name: name, displayName: name, owner: nil, boundary: nil, member: 0, item: nil, isHook: true)
      start(hook, at: place, in: Scope())
    }
  }

  /// Whether a hook of the run is still at work.
  var hasOpenRunHook: Bool {
    !workflow.spec.hooks.isEmpty
      && nodes.contains { $0.owner == nil && $0.isHook && !$0.phase.isFulfilled && $0.name != exitHandlerName }
  }

  /// - Returns: false when there is none, or its condition says no.
  mutating func startRunExitHandler() -> Bool {
    guard let handler = workflow.spec.onExit else { return false }
    do throws(RenderError) {
      if let condition = handler.expression, try !holds(condition, of: "hooks.exit", in: Scope()) { return false }
    } catch {
      return exitHandlerFailed(handler, error)
    }
    // Without arguments of its own it gets the workflow's.
    let inputs =
      handler.arguments.isEmpty && handler.artifacts.isEmpty
      ? workflowInputs : callInputs(handler.arguments, handler.artifacts, of: handler.template.value, in: Scope())
    invokeAtTop(handler.template.value, with: inputs, named: exitHandlerName, isHook: true)
    return true
  }

  private mutating func exitHandlerFailed(_ handler: ExitHandler, _ error: RenderError) -> Bool {
    let place = Placement(
      name: exitHandlerName, displayName: exitHandlerName, owner: nil, boundary: nil, member: 0, item: nil,
      isHook: true)
    addEndedNode(template: handler.template.value, at: place, .error, error.message)
    return true
  }
}
