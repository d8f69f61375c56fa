import WorkflowCore

/// A run as people see it: its phase and its tree.
struct RunReport {
  private let name: String
  private let phase: RunPhase
  private let message: String?
  private let rows: [NodeTree.Row]
  private let now: Timestamp

  init(_ run: borrowing RunState, now: Timestamp) {
    self.init(name: run.name, phase: run.phase, message: run.message, nodes: run.nodes.map(NodeView.init), now: now)
  }

  init(name: String, phase: RunPhase, message: String?, nodes: [NodeView], now: Timestamp) {
    self.name = name
    self.phase = phase
    self.message = message
    self.now = now
    rows = NodeTree(nodes).rows
  }

  func text(style: Style) -> String {
    let head = "\(name)  \(phase.rawValue)" + (message.map { "  \($0)" } ?? "")
    return ([head] + lines(style: style)).joined(separator: "\n")
  }

  /// One line a row: the tree, how long, how far, and what is wrong.
  func lines(style: Style) -> [String] {
    let width = rows.map { $0.lead.count + $0.node.name.count }.max() ?? 0
    return rows.map { row in
      let padding = String(repeating: " ", count: width - row.lead.count - row.node.name.count)
      let name = style.faint(row.lead) + style.mark(row.node.phase) + " " + row.node.name + padding
      let time = row.node.phase == .pending ? "" : duration(row.node.elapsed(at: now))
      let cells = [
        name, pad(row.node.phase.rawValue, 9), pad(time, 6), row.progressText(at: now),
        style.faint(row.node.message ?? ""),
      ]
      return String(cells.filter { !$0.isEmpty }.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
