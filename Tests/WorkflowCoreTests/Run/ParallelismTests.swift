import Testing
import WorkflowCore

@Suite("Parallelism")
struct ParallelismTests {
  @Test("no more leaves are active than spec.parallelism says; they take turns in order of appearance")
  func limit() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", loop: .count("4")), .task("b", "inner")]), .steps("inner", [[.step("x")]]),
      .container(), parallelism: 2)
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.launched == ["wf.a(0:0)", "wf.a(1:1)"])
    #expect(simulation["wf.a(2:2)"] == .pending)
    simulation.end("a(1:1)")
    #expect(simulation.launched.last == "wf.a(2:2)")
    simulation.drive()
    #expect(simulation.launched == ["wf.a(0:0)", "wf.a(1:1)", "wf.a(2:2)", "wf.a(3:3)", "wf.b[0].x"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a launch that cannot be worked out gives its place to the next")
  func failedLaunch() {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [.task("a"), .task("bad", "bad"), .task("b")]), .container(),
      .container("bad", resources: ResourceRequirements(requests: ["cpu": "much"])), parallelism: 1)
    let simulation = Simulation.driven(workflow)
    #expect(simulation.launched == ["wf.a", "wf.b"])
    #expect(simulation.run.phase == .error)
  }

  @Test("a template's parallelism counts what it calls itself: a nested frame, and all attempts of a retry, as one")
  func template() {
    let workflow = Workflow.entering(
      .dag(
        "main", parallelism: 2,
        [.task("a", "flaky"), .task("b", "inner"), .task("c"), .task("d", "inner")]),
      .steps("inner", [[.step("x"), .step("y")]]), .container(), .container("flaky", retry: .limit("1")))
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.launched == ["wf.a(0)", "wf.b[0].x", "wf.b[0].y"])
    #expect(simulation["wf.c"] == .pending)
    #expect(simulation["wf.d"] == .pending)
    simulation.end("a(0)", .exit(1))
    #expect(simulation.launched.last == "wf.a(1)")
    simulation.end("a(1)")
    #expect(simulation.launched.last == "wf.c")
    simulation.end("c")
    #expect(simulation.launched.suffix(2) == ["wf.d[0].x", "wf.d[0].y"])
    simulation.drive()
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("the items of a loop take turns in their order, one group after the other")
  func items() {
    let workflow = Workflow.entering(
      .steps("main", parallelism: 1, [[.step("a", loop: .over("x", "y")), .step("b")], [.step("c")]]), .container())
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.launched == ["wf[0].a(0:x)"])
    simulation.drive()
    #expect(simulation.launched == ["wf[0].a(0:x)", "wf[0].a(1:y)", "wf[0].b", "wf[1].c"])
  }

  @Test("calls that end as soon as they begin give their places on in the same turn")
  func instantCalls() {
    let workflow = Workflow.entering(
      .dag("main", parallelism: 1, [.task("a", "nothing", loop: .count("500")), .task("b")]), .steps("nothing", []),
      .container())
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.launched == ["wf.b"])
    #expect(simulation["wf.a"] == .succeeded)
  }

  @Test("a stop fails what waits for a place")
  func stop() {
    let workflow = Workflow.entering(
      .dag("main", parallelism: 1, [.task("a"), .task("b"), .task("c", "inner")]),
      .steps("inner", [[.step("x")]]), .container())
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.apply(.shutdownRequested(.stop))
    #expect(simulation["wf.b"] == .failed)
    #expect(simulation["wf.c"] == .failed)
    simulation.drive()
    #expect(simulation.launched == ["wf.a"])
    #expect(simulation.run.phase == .failed)
  }
}
