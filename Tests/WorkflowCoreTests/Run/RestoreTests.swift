import Testing
import WorkflowCore

extension Simulation {
  /// After any number of its events, a run brought back from what was kept owes the same and comes to the same end.
  /// - Parameter forks: at how many places the history is cut; every place when it is that short.
  func expectRestorable(forks: Int = 40, sourceLocation: SourceLocation = #_sourceLocation) {
    let stride = max(1, history.count / forks)
    var live = admitted
    for (position, entry) in history.enumerated() {
      if position % stride == 0 { expectSameEnd(of: live, after: position, sourceLocation) }
      _ = live.apply(entry.event, at: entry.at)
    }
    #expect(live.nodes == run.nodes, "the same events lead to the same nodes", sourceLocation: sourceLocation)
  }

  private func expectSameEnd(of live: RunState, after position: Int, _ sourceLocation: SourceLocation) {
    var restored = admitted
    restored.restore(live.record, nodes: live.nodes)
    #expect(restored.outstandingCommands == live.outstandingCommands, sourceLocation: sourceLocation)
    for entry in history[position...] { _ = restored.apply(entry.event, at: entry.at) }
    #expect(restored.nodes == run.nodes, "restored after \(position) events", sourceLocation: sourceLocation)
    #expect(restored.record == run.record, sourceLocation: sourceLocation)
    if position == 0 || position == history.count / 2 {
      #expect(restored.workflowObject == run.workflowObject, sourceLocation: sourceLocation)
    }
  }
}

@Suite("Restore")
struct RestoreTests {
  @Test("any workflow in any world comes to an end, and survives a restart after any event", arguments: 0..<20)
  func randomWorkflows(block: Int) {
    for seed in 0..<25 {
      let seed = UInt64(block * 25 + seed)
      var generator = WorkflowGenerator(seed: seed)
      var world = RandomWorld(seed: seed)
      let simulation = world.play(generator.workflow())
      #expect(simulation.run.isSettled, "seed \(seed)")
      #expect(simulation.run.outstandingCommands.isEmpty, "seed \(seed)")
      simulation.expectRestorable(forks: 4)
    }
  }

  @Test("the random workflows are worth their name: they reach every phase, type and way to end")
  func coverage() {
    var phases: Set<NodePhase> = []
    var types: Set<NodeType> = []
    var ends: Set<RunPhase> = []
    var largest = 0
    for seed in 0..<60 as Range<UInt64> {
      var generator = WorkflowGenerator(seed: seed)
      var world = RandomWorld(seed: seed)
      let run = world.play(generator.workflow()).run
      phases.formUnion(run.nodes.map(\.phase))
      types.formUnion(run.nodes.map(\.type))
      ends.insert(run.phase)
      largest = max(largest, run.nodes.count)
    }
    #expect(phases == [.succeeded, .skipped, .failed, .error, .omitted])
    // Nobody resumes what is suspended in these worlds.
    #expect(types == Set(NodeType.allCases).subtracting([.suspend]))
    #expect(ends == [.succeeded, .failed, .error])
    #expect(largest > 40)
  }

  @Test("restoring onto a run that has gone on takes nothing over from it")
  func restoreTwice() {
    let workflow = Workflow.entering(.dag("main", [.task("a"), .task("b")]), .container(), parallelism: 1)
    var simulation = Simulation(workflow)
    simulation.begin()
    var run = simulation.run
    run.restore(simulation.run.record, nodes: simulation.run.nodes)
    #expect(run.violations().isEmpty)
    #expect(run.outstandingCommands == simulation.run.outstandingCommands)
  }
}
