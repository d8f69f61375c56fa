import WorkflowCore

/// What the display keeps of a node.
struct NodeView: Hashable, Sendable {
  let index: NodeIndex
  let owner: NodeIndex?
  let name: String
  let type: NodeType
  let isHook: Bool
  let phase: NodePhase
  let message: String?
  let startedAt: Timestamp
  let finishedAt: Timestamp?
  let progress: Progress?

  init(_ node: Node) {
    index = node.index
    owner = node.owner
    name = node.displayName
    type = node.type
    isHook = node.isHook
    phase = node.phase
    message = node.message
    startedAt = node.startedAt
    finishedAt = node.finishedAt
    progress = node.progress
  }

  func elapsed(at now: Timestamp) -> Int64 { (finishedAt ?? now).milliseconds(since: startedAt) }
}

/// The nodes of a run as rows of a tree. Groups of steps are not shown, nor the attempts of a node that needed only one:
/// they would say twice what the rows around them say.
struct NodeTree {
  struct Row: Hashable {
    /// The lines that lead to the row, such as `│ ├─`.
    let lead: String
    let node: NodeView
    /// Done and total of the node and everything under it, where steps say.
    let progress: Progress?
  }

  private let nodes: [NodeView]
  private var children: [[Int]]

  init(_ nodes: [NodeView]) {
    self.nodes = nodes
    children = Array(repeating: [], count: nodes.count)
    for node in nodes {
      if let owner = node.owner { children[Int(owner.value)].append(Int(node.index.value)) }
    }
  }

  var rows: [Row] {
    var rows: [Row] = []
    for root in nodes.indices where nodes[root].owner == nil { add(root, lead: "", below: "", to: &rows) }
    return rows
  }

  private func add(_ position: Int, lead: String, below: String, to rows: inout [Row]) {
    rows.append(Row(lead: lead, node: view(position), progress: progress(position)))
    let shown = shownChildren(of: position)
    for (place, child) in shown.enumerated() {
      let isLast = place == shown.count - 1
      add(child, lead: below + (isLast ? "└─" : "├─"), below: below + (isLast ? "  " : "│ "), to: &rows)
    }
  }

  /// A retry node says what its attempt is waiting for.
  private func view(_ position: Int) -> NodeView { nodes[position] }

  private func shownChildren(of position: Int) -> [Int] {
    let direct = children[position]
    if nodes[position].type == .retry, direct.count == 1 { return shownChildren(of: direct[0]) }
    return direct.flatMap { nodes[$0].type == .stepGroup ? shownChildren(of: $0) : [$0] }
  }

  private func progress(_ position: Int) -> Progress? {
    if nodes[position].type.isLeaf { return nodes[position].progress }
    // Failed attempts count for nothing: the next one begins again or takes over.
    let counted = nodes[position].type == .retry ? Array(children[position].suffix(1)) : children[position]
    return counted.compactMap(progress).reduce(nil) { sum, part in
      Progress(done: (sum?.done ?? 0) + part.done, total: (sum?.total ?? 0) + part.total)
    }
  }
}

extension NodeTree.Row {
  /// Done, rate and time left of a row that counts something.
  func progressText(at now: Timestamp) -> String {
    guard let progress, progress.total > 0 else { return "" }
    let seconds = Double(node.elapsed(at: now)) / 1000
    let rate = seconds > 0 ? Double(progress.done) / seconds : 0
    var parts = ["\(count(Double(progress.done)))/\(count(Double(progress.total))) rows"]
    if rate > 0 { parts.append("\(count(rate))/s") }
    if rate > 0, !node.phase.isFulfilled, progress.done < progress.total {
      parts.append("ETA \(duration(Int64(Double(progress.total - progress.done) / rate * 1000)))")
    }
    return parts.joined(separator: "  ")
  }
}
