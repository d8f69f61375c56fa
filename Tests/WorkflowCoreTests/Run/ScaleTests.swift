import Testing
import WorkflowCore

/// Runs too large for `Simulation`, which checks the whole state after every event.
@Suite("Scale")
struct ScaleTests {
  /// Ends every launch as it comes; returns the run and how many changes of nodes that took.
  private func driven(_ workflow: Workflow) -> (run: RunState, changes: Int) {
    var run = Simulation.fresh(workflow, [])
    var changes = 0
    var launches: [Launch] = []
    func take(_ transition: Transition) {
      changes += transition.changedNodes.count
      for case .launch(let launch) in transition.commands { launches.append(launch) }
    }
    take(run.apply(.begun, at: Simulation.start))
    var position = 0
    while position < launches.count {
      let attempt = launches[position].attempt
      position += 1
      take(run.apply(.attemptStarted(attempt), at: Simulation.start))
      take(run.apply(.attemptEnded(attempt, Outcome(.exited(code: 0), result: "1")), at: Simulation.start))
    }
    return (run, changes)
  }

  @Test("a fan-out of 10,000 takes a bounded number of changes for each item", arguments: [nil, 100])
  func fanOut(parallelism: Int?) throws {
    let items = Loop.count("10000")
    let steps = Workflow.entering(
      .steps(
        "main",
        [
          [.step("a", loop: items)], [.step("b", "echo", ["text": "{{steps.a.outputs.result}}"])],
        ]), .container(), .container("echo", inputs: [.input("text")]), parallelism: parallelism)
    let (run, changes) = driven(steps)
    #expect(run.phase == .succeeded)
    #expect(run.nodes.count == 10_004)
    #expect(changes <= 8 * run.nodes.count)
    #expect(run.nodes.last?.inputs["text"]?.utf8.count == 20_001)
    #expect(run.violations().isEmpty)
  }

  @Test("so does a dag whose tasks all retry and hang under one group")
  func fanOutOfRetries() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", loop: .count("3000")), .task("b", depends: "a.AnySucceeded")]),
      .container(retry: .limit("2")))
    let (run, changes) = driven(workflow)
    #expect(run.phase == .succeeded)
    #expect(run.nodes.count == 2 + 2 * 3000 + 2)
    #expect(changes <= 8 * run.nodes.count)
    #expect(run.violations().isEmpty)
  }

  private func chain(_ when: String?, depends: (Int) -> String) -> Workflow {
    let tasks = (0..<2000).map { place in
      DAGTask.task("t\(place)", depends: place == 0 ? nil : depends(place - 1), when: when)
    }
    return .entering(.dag("main", tasks), .container())
  }

  @Test("a chain of 2,000 tasks runs, and is shown, without a deep stack")
  func chain() {
    let (run, changes) = driven(chain(nil) { "t\($0)" })
    #expect(run.phase == .succeeded)
    #expect(run.nodes.count == 2001)
    #expect(changes <= 8 * run.nodes.count)
    #expect(run.workflowObject["status"]?["nodes"]?.objectValue?.count == 2001)
  }

  @Test("a chain of 2,000 tasks that are all skipped, or omitted, ends in one turn")
  func chainInOneTurn() {
    var skipped = Simulation.fresh(chain("false") { "t\($0)" }, [])
    _ = skipped.apply(.begun, at: Simulation.start)
    #expect(skipped.phase == .succeeded)
    #expect(skipped.nodes.count { $0.phase == .skipped } == 2000)
    var omitted = Simulation.fresh(chain("false") { "t\($0).Failed" }, [])
    _ = omitted.apply(.begun, at: Simulation.start)
    #expect(omitted.phase == .succeeded)
    #expect(omitted.nodes.count { $0.phase == .omitted } == 1999)
  }

  @Test("a run of 2,000 groups of skipped steps ends in one turn")
  func manyGroups() {
    let groups = (0..<2000).map { [Step.step("s\($0)", when: "false")] }
    var run = Simulation.fresh(.entering(.steps("main", groups), .container()), [])
    _ = run.apply(.begun, at: Simulation.start)
    #expect(run.phase == .succeeded)
  }

  @Test("loops inside loops are stopped before they fill the memory")
  func explosion() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", "inner", loop: .count("100"))]),
      .dag("inner", [.task("b", when: "{{item}} == none", loop: .count("90000"))]), .container())
    var run = Simulation.fresh(workflow, [])
    _ = run.apply(.begun, at: Simulation.start)
    #expect(run.phase == .error)
    #expect(run.nodes.count < 200_000)
    #expect(run.nodes.last?.message == "the run would have more than 200000 nodes")
  }

  @Test("a stop reaches 5,000 waiting and running leaves in one turn")
  func stop() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", loop: .count("5000"))]), .container(), parallelism: 1000)
    var run = Simulation.fresh(workflow, [])
    _ = run.apply(.begun, at: Simulation.start)
    let transition = run.apply(.shutdownRequested(.stop), at: Simulation.start)
    #expect(transition.commands.count == 1000)
    #expect(run.nodes.count { $0.phase == .failed } == 4000)
    #expect(run.violations().isEmpty)
  }
}
