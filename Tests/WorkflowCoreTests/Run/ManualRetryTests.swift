import Testing
import WorkflowCore

@Suite("An operator's retry")
struct ManualRetryTests {
  private let diamond = Workflow.entering(
    .dag(
      "main",
      [
        .task("a"), .task("b", depends: "a"), .task("c", depends: "a"), .task("d", depends: "b && c"),
      ]), .container(), onExit: "work")

  @Test("a dag's failed task runs again, and what follows it; what succeeded is kept")
  func dag() throws {
    var simulation = Simulation.driven(diamond, answers: ["b": [.exit(1)]])
    #expect(simulation.run.phase == .failed)
    let kept = try simulation.node("wf.a")
    simulation.answers = [:]
    #expect(try simulation.retry() == ["wf.b", "wf.onExit"])
    #expect(simulation.launched == ["wf.b"])
    #expect(simulation.run.phase == .running)
    simulation.drive()
    #expect(simulation.launched == ["wf.b", "wf.d", "wf.onExit"])
    #expect(simulation.run.phase == .succeeded)
    #expect(try simulation.node("wf.a") == kept)
  }

  @Test("a node recorded as succeeded is not launched again", arguments: ["b", "c", "d"])
  func keepsSucceeded(failing: String) throws {
    var simulation = Simulation.driven(diamond, answers: [failing: [.exit(1)]])
    let succeeded = Set(simulation.run.nodes.filter { $0.phase == .succeeded && !$0.isHook }.map(\.name))
    simulation.answers = [:]
    _ = try simulation.retry()
    simulation.drive()
    #expect(succeeded.isDisjoint(with: simulation.launched))
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("only the failed items of a loop run again, in a dag and in steps")
  func items() throws {
    let loop = Loop.over("x", "y", "z")
    let dag = Workflow.entering(.dag("main", [.task("a", loop: loop), .task("b", depends: "a")]), .container())
    var simulation = Simulation.driven(dag, answers: ["a(1:y)": [.exit(1)]])
    simulation.answers = [:]
    _ = try simulation.retry()
    simulation.drive()
    #expect(simulation.launched == ["wf.a(1:y)", "wf.b"])
    #expect(simulation["wf.a"] == .succeeded)

    let steps = Workflow.entering(.steps("main", [[.step("a", loop: loop)], [.step("b")]]), .container())
    simulation = Simulation.driven(steps, answers: ["a(1:y)": [.exit(1)]])
    simulation.answers = [:]
    _ = try simulation.retry()
    simulation.drive()
    #expect(simulation.launched == ["wf[0].a(1:y)", "wf[1].b"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("outputs of a loop keep the order of its items, whichever of them ran again", arguments: [true, false])
  func itemOrder(isDAG: Bool) throws {
    let loop = Loop.over("x", "y", "z")
    let use = Template.container("use", inputs: [.input("all")], args: ["{{inputs.parameters.all}}"])
    let workflow =
      isDAG
      ? Workflow.entering(
        .dag(
          "main",
          [.task("a", loop: loop), .task("b", "use", ["all": "{{tasks.a.outputs.result}}"], depends: "a")]),
        .container(), use)
      : Workflow.entering(
        .steps("main", [[.step("a", loop: loop)], [.step("b", "use", ["all": "{{steps.a.outputs.result}}"])]]),
        .container(), use)
    var simulation = Simulation.driven(
      workflow, answers: ["a(0:x)": [.exit(1)], "a(1:y)": [.success(result: "1")], "a(2:z)": [.success(result: "2")]])
    simulation.answers["a(0:x)"] = [.success(result: "0")]
    _ = try simulation.retry()
    simulation.drive()
    #expect(simulation.launches.last?.args == ["[0,1,2]"])
  }

  @Test("a failure deep inside is run again in place, and every node above it goes on")
  func nested() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("one", "inner"), .step("two")], [.step("three")]]),
      .dag("inner", [.task("p"), .task("q", depends: "p")]), .container())
    var simulation = Simulation.driven(workflow, answers: ["q": [.exit(1)]])
    simulation.answers = [:]
    _ = try simulation.retry()
    simulation.drive()
    #expect(simulation.launched == ["wf[0].one.q", "wf[1].three"])
    #expect(simulation["wf[0].one"] == .succeeded)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a node that gave up retrying starts over with all its attempts")
  func attempts() throws {
    let workflow = Workflow.entering(.steps("main", [[.step("a")]]), .container(retry: .limit("1")))
    var simulation = Simulation.driven(workflow, answers: ["a": [.exit(1)]])
    simulation.answers = ["a": [.exit(1), .success]]
    #expect(try simulation.retry() == ["wf[0].a(0)", "wf[0].a(1)"])
    simulation.drive()
    #expect(simulation.launched == ["wf[0].a(0)", "wf[0].a(1)"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("the attempt that failed before one that succeeded is left alone")
  func oldAttempt() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a"), .step("b", "fragile")]]), .container(retry: .limit("1")), .container("fragile"))
    var simulation = Simulation.driven(workflow, answers: ["a": [.exit(1), .success], "b": [.exit(1)]])
    simulation.answers = [:]
    _ = try simulation.retry()
    simulation.drive()
    #expect(simulation.launched == ["wf[0].b"])
  }

  @Test("where only the exit handler failed, only it runs again")
  func exitHandler() throws {
    var simulation = Simulation.driven(diamond, answers: ["wf.onExit": [.exit(1)]])
    #expect(simulation.run.phase == .failed)
    simulation.answers = [:]
    _ = try simulation.retry()
    simulation.drive()
    #expect(simulation.launched == ["wf.onExit"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a parameter's new value counts for what runs again")
  func parameters() throws {
    let workflow = Workflow.entering(
      .container(args: ["{{workflow.parameters.size}}"]), arguments: [.input("size", value: "1")])
    var simulation = Simulation.driven(workflow, parameters: ["size": "1"], answers: ["wf": [.exit(1)]])
    simulation.answers = [:]
    _ = try simulation.retry(ManualRetry(parameters: [ParameterValue(name: "size", value: "2")]))
    #expect(simulation.launches.map(\.args) == [["2"]])
  }

  @Test("a selector picks among what failed, and with restartSuccessful among what succeeded")
  func selector() throws {
    let workflow = Workflow.entering(.dag("main", [.task("a"), .task("b"), .task("c", depends: "a")]), .container())
    var simulation = Simulation.driven(workflow, answers: ["a": [.exit(1)], "b": [.exit(1)]])
    simulation.answers = [:]
    #expect(try simulation.retry(ManualRetry(selector: NodeSelector(parsing: "displayName=a"))) == ["wf.a"])
    simulation.drive()
    #expect(simulation.launched == ["wf.a", "wf.c"])
    #expect(simulation.run.phase == .failed)

    simulation = Simulation.driven(workflow)
    let again = ManualRetry(restartsSuccessful: true, selector: try NodeSelector(parsing: "displayName=a"))
    #expect(try simulation.retry(again) == ["wf.a", "wf.c"])
    simulation.drive()
    #expect(simulation.launched == ["wf.a", "wf.c"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a run that is still going, one that succeeded, and a selector that picks nothing are refused")
  func refusals() throws {
    var simulation = Simulation(diamond)
    simulation.begin()
    #expect(throws: RetryRefusal.self) { try simulation.retry() }
    simulation.drive()
    #expect(throws: RetryRefusal.self) { try simulation.retry() }
    let nothing = ManualRetry(restartsSuccessful: true, selector: try NodeSelector(parsing: "displayName=zz"))
    #expect(throws: RetryRefusal.self) { try simulation.retry(nothing) }
  }

  @Test("a run that was stopped can go on")
  func afterStop() throws {
    var simulation = Simulation(diamond)
    simulation.begin()
    simulation.apply(.shutdownRequested(.stop))
    simulation.drive()
    #expect(simulation.run.phase == .failed)
    _ = try simulation.retry()
    simulation.drive()
    #expect(simulation.run.phase == .succeeded)
    #expect(simulation.run.message == nil)
  }

  @Test("a request comes back from its text as it was")
  func requestText() throws {
    let retry = ManualRetry(
      restartsSuccessful: true, selector: try NodeSelector(parsing: "phase!=Succeeded,inputs.parameters.n.value=1"),
      parameters: [ParameterValue(name: "a", value: "\"{{b}}\"")])
    let picked = try NodeSelector(parsing: "displayName=approve")
    for request in [
      RunRequest.retry(retry), .delete, .shutDown(.stop), .shutDown(.terminate), .suspend, .resume(nil),
      .resume(picked),
    ] {
      #expect(RunRequest(try Value(json: request.value.jsonText())) == request)
    }
    #expect(RunRequest(.record(["type": "other"])) == nil)
  }

  @Test("a selector's mistakes are named", arguments: ["displayName", "=x", "colour=red"])
  func badSelector(text: String) {
    #expect(throws: SelectorError.self) { try NodeSelector(parsing: text) }
  }
}
