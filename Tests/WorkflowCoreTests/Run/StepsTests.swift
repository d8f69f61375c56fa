import Testing
import WorkflowCore

@Suite("Steps")
struct StepsTests {
  private let two = Workflow.entering(
    .steps("main", [[.step("a"), .step("b")], [.step("c")]]), .container())

  @Test("the steps of a group run together, and the next group waits for all of them")
  func groups() {
    var simulation = Simulation(two)
    simulation.begin()
    #expect(simulation.launched == ["wf[0].a", "wf[0].b"])
    simulation.end("b")
    #expect(simulation.launched == ["wf[0].a", "wf[0].b"])
    simulation.end("a")
    #expect(simulation.launched == ["wf[0].a", "wf[0].b", "wf[1].c"])
    simulation.end("c")
    #expect(simulation.run.phase == .succeeded)
    #expect(simulation.run.message == nil)
    #expect(simulation.names == ["wf", "wf[0]", "wf[0].a", "wf[0].b", "wf[1]", "wf[1].c"])
  }

  @Test("a failed step lets the others of its group end, then fails the group and the steps with its name")
  func failure() throws {
    var simulation = Simulation(two)
    simulation.begin()
    simulation.end("a", .exit(3))
    #expect(simulation["wf[0]"] == .running)
    simulation.end("b")
    let failed = try simulation.node("wf[0].a")
    #expect(failed.message == "main: Error (exit code 3)")
    #expect(simulation["wf[0]"] == .failed)
    #expect(simulation["wf"] == .failed)
    #expect(simulation["wf[1]"] == nil)
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.message == "child '\(failed.id)' failed")
  }

  @Test("an error of a step fails the steps: only a dag keeps errors")
  func errorBecomesFailure() {
    let simulation = Simulation.driven(two, answers: ["a": [.ending(.error("no room"))]])
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.message("wf[0].a") == "no room")
    #expect(simulation["wf[0]"] == .failed)
    #expect(simulation.run.phase == .failed)
  }

  @Test(
    "continueOn excuses the endings it names and no others",
    arguments: [
      (ContinueOn.failed, Answer.exit(1), RunPhase.succeeded),
      (.error, .exit(1), .failed),
      (.error, .ending(.error("")), .succeeded),
      (.failed, .ending(.error("")), .failed),
      ([.failed, .error], .ending(.lost("")), .succeeded),
    ] as [(ContinueOn, Answer, RunPhase)])
  func continueOn(excused: ContinueOn, answer: Answer, phase: RunPhase) {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", continueOn: excused)], [.step("b")]]), .container())
    let simulation = Simulation.driven(workflow, answers: ["a": [answer]])
    #expect(simulation.run.phase == phase)
    #expect((simulation["wf[1].b"] == .succeeded) == (phase == .succeeded))
  }

  @Test("a template of steps can be a step: its nodes are named by the whole path and shown by the last name")
  func nesting() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("outer", "inner")]]), .steps("inner", [[.step("x")], [.step("y")]]), .container())
    let simulation = Simulation.driven(workflow)
    #expect(
      simulation.names == [
        "wf", "wf[0]", "wf[0].outer", "wf[0].outer[0]", "wf[0].outer[0].x", "wf[0].outer[1]", "wf[0].outer[1].y",
      ])
    let inner = try simulation.node("wf[0].outer[1].y")
    #expect(inner.displayName == "y")
    #expect(try simulation.node("wf[0].outer[1]").displayName == "[1]")
    #expect(try inner.boundary == simulation.node("wf[0].outer").index)
    #expect(try simulation.node("wf[0].outer").boundary == simulation.node("wf").index)
  }

  @Test("a node's ID is the run's name and the FNV-1a hash of the node's name; the root's is the run's name")
  func identifiers() throws {
    let simulation = Simulation.driven(two)
    #expect(try simulation.node("wf").id == "wf")
    #expect(try simulation.node("wf[0].a").id == "wf-3986212215")
    #expect(try simulation.launch("wf[0].a").podName == "wf-work-3986212215")
  }

  @Test("when is asked before a step runs: one that says no leaves a skipped node, which is no failure")
  func when() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", when: "{{workflow.parameters.n}} > 3"), .step("b", when: "yes == yes")]]),
      .container())
    let simulation = Simulation.driven(workflow, parameters: ["n": "2"])
    let skipped = try simulation.node("wf[0].a")
    #expect(skipped.phase == .skipped)
    #expect(skipped.type == .skipped)
    #expect(skipped.message == "when '2 > 3' evaluated false")
    #expect(simulation.launched == ["wf[0].b"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a when that is no yes or no is an error of its step")
  func whenIsNotBoolean() {
    let workflow = Workflow.entering(.steps("main", [[.step("a", when: "1 + 1")]]), .container())
    let simulation = Simulation.driven(workflow)
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.message("wf[0].a") == "Expected boolean evaluation for '1 + 1'. Got 2")
    #expect(simulation.run.phase == .failed)
  }

  @Test("a run whose every step is skipped ends in the turn it began")
  func everythingSkipped() {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", when: "false")], [.step("b", when: "false")]]), .container())
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.run.phase == .succeeded)
    #expect(simulation["wf[1].b"] == .skipped)
  }

  @Test("a when that says no spares the step's arguments from being worked out")
  func whenComesFirst() {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [.step("a", when: "false")],
          [.step("b", "echo", ["text": "{{steps.a.outputs.result}}"], when: "{{steps.a.status}} == Succeeded")],
        ]), .container(), .container("echo", inputs: [.input("text")]))
    let simulation = Simulation.driven(workflow)
    #expect(simulation["wf[1].b"] == .skipped)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("templates that call themselves without end are stopped a hundred levels deep")
  func recursion() {
    let workflow = Workflow.entering(.steps("main", [[.step("again", "main")]]))
    let simulation = Simulation.driven(workflow)
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.nodes.count { $0.type == .steps } == 101)
    #expect(simulation.run.nodes.last?.message == "templates call each other more than 100 levels deep")
  }

  @Test("a template that is not there is an error of the step that calls it")
  func unknownTemplate() {
    let simulation = Simulation.driven(.entering(.steps("main", [[.step("a", "nowhere")]])))
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.message("wf[0].a") == "template 'nowhere' is not defined")
  }

  @Test("a container can be the whole workflow, and so can no steps at all")
  func smallest() {
    #expect(Simulation.driven(.entering(.container())).launched == ["wf"])
    #expect(Simulation.driven(.entering(.steps("main", []))).run.phase == .succeeded)
    #expect(Simulation.driven(.entering(.steps("main", [[]]))).run.phase == .succeeded)
    #expect(Simulation.driven(.entering(.dag("main", []))).run.phase == .succeeded)
  }
}
