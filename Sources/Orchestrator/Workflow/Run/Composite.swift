/// The children of a node that arranges others, and how many of them are still at work.
struct Composite: Sendable {
  /// Children by member: the nodes of each step of a group (several when it loops), each task of a dag, each group of a
  /// steps node; all items of a loop and all attempts of a retry are in the first slot.
  var slots: [[NodeIndex]]
  /// Children that are not fulfilled.
  var live = 0
  /// For a dag, by task: how many of the tasks it depends on are not fulfilled.
  var waiting: [Int] = []
  /// For a steps or dag node: its calls, which take turns when its template's `parallelism` says so.
  var calls: AdmissionQueue

  init(members: Int, parallelism: Int? = nil) {
    slots = Array(repeating: [], count: members)
    calls = AdmissionQueue(limit: parallelism)
  }

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
    var composites = nodes.map(run.newComposite)
    for node in nodes {
      guard let owner = node.owner else { continue }
      composites[Int(owner.value)]?.add(node)
      guard let frame = node.boundary, run.isCall(node), !node.phase.isFulfilled else { continue }
      composites[Int(frame.value)]?.calls.readmit(node.index, hasBegun: node.hasBegun)
    }
    for node in nodes where node.type == .dag {
      composites[Int(node.index.value)]?.countWaiting(run.calls(of: node)?.dag, nodes)
    }
    return composites
  }

  mutating func countWaiting(_ plan: DAGPlan?, _ nodes: [Node]) {
    guard let plan else { return }
    waiting = plan.dependencies.map { tasks in
      tasks.count { task in slots[task].isEmpty || slots[task].contains { !nodes[Int($0.value)].phase.isFulfilled } }
    }
  }
}

extension NodeType {
  var isComposite: Bool {
    switch self {
    case .steps, .stepGroup, .dag, .taskGroup, .retry: true
    case .pod, .suspend, .skipped: false
    }
  }
}

extension RunState {
  /// The children a new node will have; nil for a node that has none.
  func newComposite(for node: Node) -> Composite? {
    guard node.type.isComposite else { return nil }
    let isFrame = node.type == .steps || node.type == .dag
    return Composite(
      members: memberCount(of: node), parallelism: isFrame ? template(of: node)?.parallelism : nil)
  }

  /// Whether a node is what a step or task calls, so that it counts against its template's `parallelism`: not a group,
  /// and not one of the attempts, which count as one.
  func isCall(_ node: Node) -> Bool {
    guard let owner = node.owner, self[owner].type != .retry else { return false }
    return node.type != .stepGroup && node.type != .taskGroup
  }

  mutating func frameQueue(of node: Node, _ change: (inout AdmissionQueue) -> Void) {
    if let frame = node.boundary { composite(frame) { change(&$0.calls) } }
  }

  /// How many members a composite node arranges.
  func memberCount(of node: Node) -> Int {
    switch node.type {
    case .taskGroup, .retry: return 1
    case .stepGroup: return steps(ofGroup: node).count
    case .steps, .dag, .pod, .suspend, .skipped: break
    }
    switch template(of: node)?.body {
    case .steps(let groups): return groups.count
    case .dag(let dag): return dag.tasks.count
    case .container, .script, .suspend, .resource, nil: return 0
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

/// Nodes that want a place, where there are only so many; in order of appearance.
struct AdmissionQueue: Sendable {
  /// Nil is no limit.
  let limit: Int?
  private var waiting: [NodeIndex] = []
  private var head = 0
  /// Places that are taken.
  private(set) var active = 0

  init(limit: Int?) { self.limit = limit }

  var hasRoom: Bool { limit.map { active < $0 } ?? true }

  /// In order of index and not of arrival, because a restored run knows only the indexes.
  mutating func enqueue(_ node: NodeIndex) {
    let place = waiting[head...].lastIndex { $0 < node }.map { $0 + 1 } ?? head
    waiting.insert(node, at: place)
  }

  mutating func occupy() { active += 1 }
  mutating func vacate() { active -= 1 }

  mutating func next() -> NodeIndex? {
    guard head < waiting.count else { return nil }
    defer { head += 1 }
    return waiting[head]
  }

  /// Takes a node of a restored run in again.
  mutating func readmit(_ node: NodeIndex, hasBegun: Bool) {
    if hasBegun { occupy() } else { enqueue(node) }
  }
}
