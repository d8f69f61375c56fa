/// The children of a node that arranges others, and how many of them are still at work.
struct Composite: Sendable {
  /// Children by member: the nodes of each step of a group (several when it loops), each task of a dag, each group of a
  /// steps node; all items of a loop and all attempts of a retry are in the first slot.
  var slots: [[NodeIndex]]
  /// Children that are not fulfilled.
  var live = 0
  /// For a dag, by task: how many of the tasks it depends on are not fulfilled.
  var waiting: [Int] = []

  init(members: Int) { slots = Array(repeating: [], count: members) }

  mutating func add(_ child: Node) {
    let slot = slots.count == 1 ? 0 : child.member
    guard slots.indices.contains(slot) else { return }
    slots[slot].append(child.index)
    if !child.phase.isFulfilled { live += 1 }
  }
}

extension Composite {
  /// Works out every composite of a restored run.
  static func rebuild(for nodes: [Node], in run: RunState) -> [Composite?] {
    var composites = nodes.map { $0.type.isComposite ? Composite(members: run.memberCount(of: $0)) : nil }
    for node in nodes {
      guard let owner = node.owner else { continue }
      composites[Int(owner.value)]?.add(node)
    }
    for node in nodes where node.type == .dag {
      composites[Int(node.index.value)]?.countWaiting(run.calls(of: node)?.dag, nodes)
    }
    return composites
  }

  mutating func countWaiting(_ plan: DAGPlan?, _ nodes: [Node]) {
    guard let plan else { return }
    waiting = plan.dependencies.map { tasks in
      tasks.count { task in !(slots[task].first.map { nodes[Int($0.value)].phase.isFulfilled } ?? false) }
    }
  }
}

extension NodeType {
  var isComposite: Bool {
    switch self {
    case .steps, .stepGroup, .dag, .taskGroup, .retry: true
    case .pod, .skipped: false
    }
  }
}

extension RunState {
  /// How many members a composite node arranges.
  func memberCount(of node: Node) -> Int {
    switch node.type {
    case .taskGroup, .retry: return 1
    case .stepGroup: return steps(ofGroup: node).count
    case .steps, .dag, .pod, .skipped: break
    }
    switch template(of: node)?.body {
    case .steps(let groups): return groups.count
    case .dag(let dag): return dag.tasks.count
    case .container, .script, nil: return 0
    }
  }

  /// The steps that a group node runs; the group's `member` is its place in the template.
  func steps(ofGroup node: Node) -> [Step] {
    guard let owner = node.owner, case .steps(let groups) = template(of: self[owner])?.body,
      groups.indices.contains(node.member)
    else { return [] }
    return groups[node.member]
  }
}

/// Leaves take turns when `spec.parallelism` says so; in order of appearance.
struct LaunchQueue: Sendable {
  let limit: Int?
  private(set) var waiting: [NodeIndex] = []
  private var head = 0
  private(set) var active = 0

  init(limit: Int?) { self.limit = limit }

  var hasRoom: Bool { limit.map { active < $0 } ?? true }

  mutating func enqueue(_ node: NodeIndex) { waiting.append(node) }
  mutating func occupy() { active += 1 }
  mutating func vacate() { active -= 1 }

  mutating func next() -> NodeIndex? {
    guard head < waiting.count else { return nil }
    defer { head += 1 }
    return waiting[head]
  }

  mutating func rebuild(from nodes: [Node]) {
    self = LaunchQueue(limit: limit)
    for node in nodes {
      switch node.attempt {
      case .queued: enqueue(node.index)
      case .requested, .running, .ending: occupy()
      case .ended, nil: break
      }
    }
  }
}
