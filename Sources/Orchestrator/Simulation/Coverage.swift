import WorkflowCore

/// Which events met which phases, and which misfortunes happened: a simulation sees only what its generator makes.
struct Coverage {
  static let events = [
    "begun", "attemptStarted", "attemptEnded", "attemptProgressed", "attemptDelayed", "retryDue", "shutdownRequested",
  ]

  /// By event, then by phase.
  private(set) var cells: [[Int]]
  private(set) var faults = Array(repeating: 0, count: FaultProfile.Fault.allCases.count)
  static let phases = NodePhase.allCases.map(\.rawValue)

  init() { cells = Array(repeating: Array(repeating: 0, count: Self.phases.count), count: Self.events.count) }

  mutating func count(_ fault: FaultProfile.Fault) {
    if let position = FaultProfile.Fault.allCases.firstIndex(of: fault) { faults[position] += 1 }
  }

  /// Counts an event about a node by that node's phase; one about the whole run by the root's.
  mutating func count(_ event: Event, on run: RunState) {
    let name = String("\(event)".prefix { $0 != "(" })
    guard let row = Self.events.firstIndex(of: name) else { return }
    let index = subject(of: event) ?? NodeIndex(0)
    guard run.nodes.indices.contains(Int(index.value)),
      let column = Self.phases.firstIndex(of: run[index].phase.rawValue)
    else { return }
    cells[row][column] += 1
  }

  private func subject(of event: Event) -> NodeIndex? {
    switch event {
    case .attemptStarted(let attempt), .attemptEnded(let attempt, _), .attemptProgressed(let attempt, _),
      .attemptDelayed(let attempt, _):
      attempt.node
    case .retryDue(let node): node
    default: nil
    }
  }

  mutating func add(_ other: Coverage) {
    for row in cells.indices {
      for column in cells[row].indices { cells[row][column] += other.cells[row][column] }
    }
    for position in faults.indices { faults[position] += other.faults[position] }
  }

  /// Cells that no seed reached, of those that can be: the root, which the run's own events are about, is never omitted.
  var unvisited: [String] {
    var names: [String] = []
    for (row, event) in Self.events.enumerated() {
      for (column, phase) in Self.phases.enumerated() where cells[row][column] == 0 {
        if ["begun", "shutdownRequested"].contains(event), ["Omitted", "Skipped", "Pending"].contains(phase) {
          continue
        }
        names.append("\(event) x \(phase)")
      }
    }
    return names
  }
}
