import Testing
import WorkflowCore

@Suite("Late, repeated and unknown events")
struct LateEventTests {
  private let workflow = Workflow.entering(
    .steps("main", [[.step("a"), .step("b")]]), .container(retry: .limit("1", backoff: .init(duration: "1m"))))

  /// Applies an event that must change nothing; returns its note.
  private func unheeded(_ event: Event, _ simulation: inout Simulation) -> String? {
    let before = simulation.run
    let transition = simulation.apply(event)
    #expect(transition.changedNodes.isEmpty && !transition.runChanged, "\(event)")
    #expect(simulation.run.nodes == before.nodes)
    #expect(simulation.run.record == before.record)
    #expect(transition.note != nil, "\(event) is noted")
    return transition.note
  }

  @Test("begun twice")
  func begunTwice() {
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(unheeded(.begun, &simulation) == "the run has already begun")
  }

  @Test("an attempt that starts twice, or after it was asked to end")
  func startedTwice() throws {
    var simulation = Simulation(workflow)
    simulation.begin()
    let attempt = try simulation.launch("wf[0].a(0)").attempt
    simulation.apply(.attemptStarted(attempt))
    #expect(unheeded(.attemptStarted(attempt), &simulation) == "the attempt had started")
    #expect(unheeded(.attemptDelayed(attempt, reason: "late"), &simulation) == "the attempt had started")
    simulation.apply(.shutdownRequested(.stop))
    #expect(unheeded(.attemptStarted(attempt), &simulation) == "the attempt had started")
  }

  @Test("anything about an attempt that has ended: the first outcome stands, and the executor is told to forget it")
  func afterTheEnd() throws {
    var simulation = Simulation(workflow)
    simulation.begin()
    let attempt = try simulation.launch("wf[0].a(0)").attempt
    // The end may overtake the start.
    simulation.apply(.attemptEnded(attempt, Outcome(.exited(code: 0))))
    let late = simulation.apply(.attemptEnded(attempt, Outcome(.exited(code: 1))))
    #expect(late.commands == [.release(attempt)])
    #expect(unheeded(.attemptEnded(attempt, Outcome(.exited(code: 1))), &simulation) == "the attempt had ended")
    #expect(unheeded(.attemptStarted(attempt), &simulation) != nil)
    #expect(unheeded(.attemptProgressed(attempt, Progress(done: 1, total: 2)), &simulation) != nil)
    #expect(unheeded(.attemptDelayed(attempt, reason: "late"), &simulation) != nil)
    #expect(simulation["wf[0].a"] == .succeeded)
  }

  @Test("attempts nobody knows: of another run, of no node, of a node that is not launched, with another node's ID")
  func unknownAttempts() throws {
    var simulation = Simulation(workflow)
    simulation.begin()
    let known = try simulation.launch("wf[0].a(0)").attempt
    let strangers = [
      AttemptID(run: "uid-2", node: known.node, nodeID: known.nodeID),
      AttemptID(run: known.run, node: NodeIndex(99), nodeID: known.nodeID),
      AttemptID(run: known.run, node: NodeIndex(-1), nodeID: known.nodeID),
      AttemptID(run: known.run, node: NodeIndex(0), nodeID: "wf"),
      AttemptID(run: known.run, node: known.node, nodeID: "wf-1"),
    ]
    for stranger in strangers {
      #expect(unheeded(.attemptStarted(stranger), &simulation) != nil)
      #expect(unheeded(.attemptEnded(stranger, Outcome(.exited(code: 0))), &simulation) != nil)
      #expect(unheeded(.attemptProgressed(stranger, Progress(done: 1, total: 2)), &simulation) != nil)
      #expect(unheeded(.attemptDelayed(stranger, reason: ""), &simulation) != nil)
    }
  }

  @Test("wakes nobody waits for")
  func unknownWakes() throws {
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.end("a(0)", .exit(1))
    for index in [-1, 0, 1, 3, 99] {
      #expect(unheeded(.retryDue(NodeIndex(index)), &simulation) == "the node waits for no retry")
    }
    simulation.drive()
    let retry = try simulation.node("wf[0].a").index
    #expect(unheeded(.retryDue(retry), &simulation) == "the node waits for no retry")
  }

  @Test("the same news of an attempt again changes nothing")
  func repeatedNews() throws {
    var simulation = Simulation(workflow)
    simulation.begin()
    let attempt = try simulation.launch("wf[0].a(0)").attempt
    for event in [
      Event.attemptDelayed(attempt, reason: "no GPU"), .attemptProgressed(attempt, Progress(done: 1, total: 2)),
    ] {
      #expect(!simulation.apply(event).changedNodes.isEmpty)
      #expect(simulation.apply(event).changedNodes.isEmpty)
    }
  }

  @Test("everything after the end of the run")
  func afterTheRun() throws {
    var simulation = Simulation.driven(workflow)
    #expect(simulation.run.isSettled)
    for (event, _) in simulation.history { #expect(unheeded(event, &simulation) != nil) }
    #expect(unheeded(.shutdownRequested(.terminate), &simulation) == "the run has finished")
  }
}
