import Testing

@testable import WorkflowCore

@Suite("Exit handlers of steps and tasks")
struct StepExitHandlerTests {
  private let tidy = Template.container("tidy", inputs: [.input("text")], args: ["{{inputs.parameters.text}}"])

  @Test("a step's exit handler runs after it, sees its outcome, and is waited for; its failure changes nothing")
  func afterStep() throws {
    let handler = ExitHandler.handler("tidy", ["text": "{{steps.a.status}} {{steps.a.outputs.result}}"])
    let simulation = Simulation.driven(
      .entering(.steps("main", [[.step("a", onExit: handler)], [.step("b")]]), .container(), tidy),
      answers: ["a": [.success(result: "hi")], "a.onExit": [.exit(1)]])
    #expect(simulation.launched == ["wf[0].a", "wf[0].a.onExit", "wf[1].b"])
    #expect(try simulation.launch("wf[0].a").capturesResult)
    #expect(try simulation.launch("wf[0].a.onExit").args == ["Succeeded hi"])
    #expect(simulation["wf[0].a.onExit"] == .failed)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("it runs after a failure too, and the failure still counts")
  func afterFailure() {
    let simulation = Simulation.driven(
      .entering(
        .steps("main", [[.step("a", onExit: .handler("tidy", ["text": "{{steps.a.status}}"]))], [.step("b")]]),
        .container(), tidy), answers: ["a": [.exit(1)]])
    #expect(simulation.launched == ["wf[0].a", "wf[0].a.onExit"])
    #expect(simulation.run.phase == .failed)
  }

  @Test("tasks that depend on a task wait for its exit handler, however the two end")
  func tasks() {
    for answer in [Answer.success, .exit(1)] {
      let simulation = Simulation.driven(
        .entering(
          .dag(
            "main",
            [
              .task("a", onExit: .handler("tidy", ["text": "x"])), .task("b", depends: "a.Succeeded || a.Failed"),
              .task("c", depends: "a && b"),
            ]), .container(), tidy), answers: ["a": [answer]])
      #expect(simulation.launched.prefix(3) == ["wf.a", "wf.a.onExit", "wf.b"])
    }
  }

  @Test("a handler that cannot start does not start what follows twice")
  func brokenHandler() {
    let simulation = Simulation.driven(
      .entering(
        .dag("main", [.task("a", onExit: .handler("tidy")), .task("b", depends: "a"), .task("c", depends: "b")]),
        .container(), tidy))
    #expect(simulation["wf.a.onExit"] == .error)
    #expect(simulation.launched == ["wf.a", "wf.b", "wf.c"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("it runs once for all attempts, once an item in steps, once for a looped task, and never for a skipped step")
  func howOften() {
    let handler = ExitHandler.handler("tidy", ["text": "x"])
    let retried = Simulation.driven(
      .entering(
        .steps("main", [[.step("a", onExit: handler)]]), .container(retry: .limit("2")), tidy),
      answers: ["a": [.exit(1), .success]])
    #expect(retried.launched == ["wf[0].a(0)", "wf[0].a(1)", "wf[0].a.onExit"])
    let looped = Simulation.driven(
      .entering(
        .steps("main", [[.step("a", loop: .over("x", "y.onExit"), onExit: handler)]]), .container(), tidy))
    #expect(looped.names.filter { $0.hasSuffix(").onExit") } == ["wf[0].a(0:x).onExit", "wf[0].a(1:y.onExit).onExit"])
    let task = Simulation.driven(
      .entering(.dag("main", [.task("a", loop: .over("x", "y"), onExit: handler)]), .container(), tidy))
    #expect(task.names.filter { $0.hasSuffix(".onExit") } == ["wf.a.onExit"])
    let skipped = Simulation.driven(
      .entering(.steps("main", [[.step("a", when: "false", onExit: handler)]]), .container(), tidy))
    #expect(skipped.launches.isEmpty)
  }

  @Test("stopping a run still runs the exit handlers of its steps; terminating does not")
  func shutdown() {
    for (strategy, launched) in [
      (ShutdownStrategy.stop, ["wf[0].a", "wf[0].a.onExit"]), (.terminate, ["wf[0].a"]),
    ] {
      var simulation = Simulation(
        .entering(
          .steps("main", [[.step("a", onExit: .handler("tidy", ["text": "x"]))]]), .container(), tidy),
        answers: ["a": [.silence]])
      simulation.begin()
      simulation.drive()
      simulation.apply(.shutdownRequested(strategy))
      simulation.drive()
      #expect(simulation.launched == launched)
      #expect(simulation.run.phase == .failed)
    }
  }
}
