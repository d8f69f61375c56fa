/// Answers whether one task of a DAG waits for another, directly or through others.
struct AncestorSearch {
  private let graph: TaskGraph
  /// For each task, the last search that came by.
  private var seen: [Int32]
  private var search: Int32 = 0
  /// How many tasks all searches of a file may look at; beyond it the answer is yes.
  private var effort: Int

  init(_ graph: TaskGraph, effort: Int = 1_000_000) {
    self.graph = graph
    self.effort = effort
    seen = Array(repeating: 0, count: graph.tasks.count)
  }

  mutating func task(_ task: Int, waitsFor other: Int) -> Bool {
    if graph.dependencies[task].contains(other) { return true }
    search += 1
    var open = graph.dependencies[task]
    while let next = open.popLast() {
      if next == other { return true }
      effort -= 1
      guard effort > 0 else { return true }
      guard seen[next] != search else { continue }
      seen[next] = search
      open += graph.dependencies[next]
    }
    return false
  }
}
