// How a dag moves on: a task starts once everything it depends on has ended and its condition holds.

extension RunState {
  mutating func enterDAG(_ dag: Node) {
    guard let plan = calls(of: dag)?.dag else { return finish(dag.index, .error, "the dag has no plan") }
    guard !plan.isCyclic else { return finish(dag.index, .error, "some tasks wait for each other in a circle") }
    composite(dag.index) { $0.waiting = plan.dependencies.map(\.count) }
    for task in plan.dependencies.indices where plan.relevant[task] && plan.dependencies[task].isEmpty {
      startTask(task, of: dag)
    }
    if plan.targets.isEmpty { completeFrame(dag, .succeeded) }
  }

  mutating func startTask(_ position: Int, of dag: Node) {
    guard case .dag(let definition) = template(of: dag)?.body else { return }
    let task = definition.tasks[position]
    if let depends = task.depends, !depends.holds({ condition(on: $0, $1, in: dag, definition) }) {
      let place = Placement(
        name: "\(dag.name).\(task.step.name.value)", displayName: task.step.name.value, owner: dag.index,
        boundary: dag.index, member: position, item: nil, isHook: dag.isHook)
      return addEndedNode(
        template: task.step.template.value, at: place, .omitted, "omitted: depends condition not met")
    }
    call(task.step, member: position, owner: dag.index, boundary: dag.index, prefix: dag.name)
  }

  mutating func taskEnded(_ task: Node, in dag: Node) {
    guard let plan = calls(of: dag)?.dag, isLastToldOfTask(task, composite(dag.index).slots[task.member]) else {
      return
    }
    for dependant in plan.dependants[task.member] where plan.relevant[dependant] && !failsFast(dag.index) {
      composite(dag.index) { $0.waiting[dependant] -= 1 }
      if composite(dag.index).waiting[dependant] == 0 { startTask(dependant, of: dag) }
    }
    if composite(dag.index).live == 0 { completeFrame(dag, dagPhase(dag, plan)) }
  }

  /// Whether a name in a `depends` expression holds. A bare name is satisfied by success, by being skipped, and by a
  /// failure that the task's `continueOn` excuses.
  private func condition(
    on name: String, _ condition: DependsCondition?, in dag: Node, _ definition: DAG
  ) -> Bool {
    guard let place = calls(of: dag)?.places[name], let index = composite(dag.index).slots[place.member].first else {
      return false
    }
    let node = self[index]
    switch condition {
    case nil:
      return node.phase == .succeeded || node.phase == .skipped
        || definition.tasks[place.member].step.continueOn.excuses(node.phase)
    case .succeeded: return node.phase == .succeeded
    case .failed: return node.phase == .failed
    case .errored: return node.phase == .error
    case .skipped: return node.phase == .skipped
    case .omitted: return node.phase == .omitted
    case .daemoned: return false
    case .anySucceeded: return items(of: node).contains { $0.phase == .succeeded }
    case .allFailed: return !items(of: node).isEmpty && items(of: node).allSatisfy { $0.phase == .failed }
    }
  }

  private func items(of node: Node) -> [Node] {
    node.type == .taskGroup ? composite(node.index).slots[0].map { self[$0] } : []
  }

  /// The phase of a dag is that of its targets. A target that never ran takes the phase of the branch that led to it,
  /// failures first; a failed target that `continueOn` excuses is passed over.
  private func dagPhase(_ dag: Node, _ plan: DAGPlan) -> NodePhase {
    guard case .dag(let definition) = template(of: dag)?.body else { return .error }
    let branches = branchPhases(composite(dag.index).slots, plan)
    for target in plan.targets {
      let phase = branches[target]
      if phase.isFailure, !definition.tasks[target].step.continueOn.excuses(phase) { return phase }
    }
    return .succeeded
  }

  /// By task: its own phase where it ran, else that of what it depends on.
  private func branchPhases(_ slots: [[NodeIndex]], _ plan: DAGPlan) -> [NodePhase] {
    var branches = Array(repeating: NodePhase.succeeded, count: slots.count)
    for task in plan.order {
      let phase = slots[task].first.map { self[$0].phase }
      if let phase, phase == .succeeded || phase.isFailure {
        branches[task] = phase
      } else {
        branches[task] = plan.dependencies[task].map { branches[$0] }.first(where: \.isFailure) ?? .succeeded
      }
    }
    return branches
  }
}

// MARK: Looped tasks

extension RunState {
  /// A loop ends when all its items have; one that failed fails it, and an error outweighs a failure.
  mutating func itemEnded(in group: Node) {
    let composite = composite(group.index)
    guard composite.live == 0 else { return }
    let phases = composite.slots[0].map { self[$0].phase }
    let worst: NodePhase = phases.contains(.error) ? .error : phases.contains(.failed) ? .failed : .succeeded
    finish(group.index, worst)
  }
}
