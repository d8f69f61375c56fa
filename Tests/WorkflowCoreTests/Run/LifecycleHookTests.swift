import Testing

@testable import WorkflowCore

@Suite("Hooks that wait for a condition")
struct LifecycleHookTests {
  private func hook(_ name: String, _ condition: String, _ template: String = "tell") throws -> LifecycleHook {
    LifecycleHook(name: name, template: Located(template), expression: try Expression(parsing: condition))
  }

  private func steps(_ hooks: LifecycleHook...) -> Workflow {
    var step = Step.step("a")
    step.hooks = hooks
    return .entering(.steps("main", [[step], [.step("b")]]), .container(), .container("tell"))
  }

  @Test("a hook starts once, when its condition first holds, and what comes next waits for it")
  func running() throws {
    var simulation = Simulation(steps(try hook("running", #"steps.a.status == "Running""#)))
    simulation.begin()
    #expect(simulation.launched == ["wf[0].a"])
    simulation.apply(.attemptStarted(try simulation.launch("wf[0].a").attempt))
    #expect(simulation.launched == ["wf[0].a", "wf[0].a.hooks.running"])
    simulation.end("wf[0].a")
    #expect(simulation["wf[0]"] == .running)
    simulation.end("wf[0].a.hooks.running")
    #expect(simulation.launched.last == "wf[1].b")
    simulation.drive()
    #expect(simulation.run.phase == .succeeded)
    #expect(simulation.names.count { $0.hasSuffix(".hooks.running") } == 1)
  }

  @Test("a hook on the end of a step sees what it gave, and its failure spoils nothing")
  func ended() throws {
    let workflow = steps(
      try hook("good", #"steps.a.status == "Succeeded""#), try hook("bad", #"steps.a.status == "Failed""#))
    let simulation = Simulation.driven(workflow, answers: ["a.hooks.good": [.exit(1)]])
    #expect(simulation.launched == ["wf[0].a", "wf[0].a.hooks.good", "wf[1].b"])
    #expect(simulation["wf[0].a.hooks.good"] == .failed)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a task's hook is waited for by the tasks that depend on it")
  func task() throws {
    var task = DAGTask.task("a")
    task.step.hooks = [try hook("done", #"tasks.a.status == "Succeeded""#)]
    let simulation = Simulation.driven(
      .entering(.dag("main", [task, .task("b", depends: "a")]), .container(), .container("tell")))
    #expect(simulation.launched == ["wf.a", "wf.a.hooks.done", "wf.b"])
  }

  @Test("a condition that cannot be answered ends the hook as an error, and the run goes on")
  func brokenCondition() throws {
    let simulation = Simulation.driven(steps(try hook("odd", "steps.a.status + 1")))
    #expect(simulation["wf[0].a.hooks.odd"] == .error)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a hook of the run starts beside the graph, and the exit handler waits for it")
  func ofTheRun() throws {
    var workflow = Workflow.entering(.container("main"), .container("tell"), .container("bye"), onExit: "bye")
    workflow.spec.hooks = [try hook("running", #"workflow.status == "Running""#)]
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.launched == ["wf", "wf.hooks.running"])
    simulation.end("wf")
    #expect(simulation.run.phase == .running)
    #expect(simulation.launched.count == 2)
    simulation.end("wf.hooks.running", .exit(1))
    #expect(simulation.launched.last == "wf.onExit")
    simulation.end("wf.onExit")
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("an exit handler with a condition runs only when that holds", arguments: [(0, true), (1, false)])
  func conditionalExitHandler(code: Int32, runs: Bool) throws {
    var step = Step.step("a", continueOn: .failed)
    step.onExit = ExitHandler(
      template: Located("tell"), expression: try Expression(parsing: #"steps.a.status == "Succeeded""#))
    let simulation = Simulation.driven(
      .entering(.steps("main", [[step]]), .container(), .container("tell")), answers: ["a": [.exit(code)]])
    #expect(simulation.launched.contains("wf[0].a.onExit") == runs)
  }
}
