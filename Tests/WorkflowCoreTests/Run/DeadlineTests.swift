import Testing

@testable import WorkflowCore

@Suite("Deadlines")
struct DeadlineTests {
  @Test("a run whose time is up ends what runs, starts nothing new, and still runs its exit handler")
  func ofTheRun() throws {
    var workflow = Workflow.entering(
      .steps("main", [[.step("a")], [.step("b")]]), .container(), .container("bye"), onExit: "bye")
    workflow.spec.activeDeadlineSeconds = 10
    var simulation = Simulation(workflow, answers: ["a": [.silence]])
    simulation.begin()
    simulation.apply(.attemptStarted(try simulation.launch("wf[0].a").attempt))
    simulation.advance(seconds: 9)
    simulation.apply(.retryDue(NodeIndex(0)))
    #expect(simulation.terminated.isEmpty)
    simulation.advance(seconds: 1)
    simulation.apply(.retryDue(NodeIndex(0)))
    #expect(simulation.terminated == ["wf[0].a"])
    simulation.drive()
    #expect(simulation.message("wf[0].a") == "Step exceeded its deadline")
    #expect(simulation.launched == ["wf[0].a", "wf.onExit"])
    #expect(simulation.run.phase == .failed)
  }

  @Test("a leaf that waits longer than its pendingTimeout fails before it runs")
  func pending() throws {
    var leaf = Template.container("main")
    leaf.pendingTimeout = "5s"
    var simulation = Simulation(.entering(leaf), answers: ["wf": [.silence]])
    simulation.begin()
    simulation.advance(seconds: 5)
    simulation.apply(.retryDue(NodeIndex(0)))
    #expect(simulation.terminated == ["wf"])
    simulation.drive()
    #expect(simulation["wf"] == .failed)
    #expect(simulation.message("wf") == "timeout")
  }

  @Test("a leaf that has started is not ended for having waited")
  func started() throws {
    var leaf = Template.container("main")
    leaf.pendingTimeout = "5s"
    var simulation = Simulation(.entering(leaf))
    simulation.begin()
    simulation.apply(.attemptStarted(try simulation.launch("wf").attempt))
    simulation.advance(seconds: 60)
    #expect(simulation.apply(.retryDue(NodeIndex(0))).note == "the node waits for no retry")
    #expect(simulation.terminated.isEmpty)
  }

  @Test("an attempt gets the tighter of timeout and activeDeadlineSeconds", arguments: [("7s", 7), ("1m", 20)])
  func attempt(timeout: TemplateString, seconds: Int64) throws {
    var leaf = Template.container("main", deadline: "20")
    leaf.timeout = timeout
    var simulation = Simulation(.entering(leaf))
    simulation.begin()
    #expect(try simulation.launch("wf").deadlineSeconds == seconds)
  }
}

@Suite("failFast of a template")
struct FailFastTests {
  private func template(_ body: Template) -> Template {
    var template = body
    template.failFast = true
    template.parallelism = 1
    return template
  }

  @Test("of steps, those that wait for their turn are not begun after a failure")
  func steps() {
    let simulation = Simulation.driven(
      .entering(template(.steps("main", [[.step("a"), .step("b"), .step("c")]])), .container()),
      answers: ["a": [.exit(1)]])
    #expect(simulation.launched == ["wf[0].a"])
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.message == "template has failed or errored children and failFast enabled")
  }

  @Test("of a dag, no further task starts after a failure, and what runs may end")
  func dag() throws {
    var main = template(.dag("main", [.task("a"), .task("b"), .task("c", depends: "b")]))
    main.parallelism = 2
    var simulation = Simulation(.entering(main, .container()))
    simulation.begin()
    simulation.end("a", .exit(1))
    #expect(simulation.run.phase == .running)
    simulation.end("b")
    #expect(simulation.launched == ["wf.a", "wf.b"])
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.message == "template has failed or errored children and failFast enabled")
  }
}
