import Testing
import WorkflowCore

@Suite("Exit handler")
struct ExitHandlerTests {
  private let workflow = Workflow.entering(
    .steps("main", [[.step("a")]]), .container(),
    .container("bye", args: ["{{workflow.status}}", "{{workflow.failures}}"]), onExit: "bye")

  @Test("it runs once the graph has ended, and the run ends after it")
  func order() throws {
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.launched == ["wf[0].a"])
    simulation.end("a")
    #expect(simulation.run.phase == .running)
    #expect(try simulation.launch("wf.onExit").args == ["Succeeded", #""[]""#])
    #expect(try simulation.node("wf.onExit").displayName == "wf.onExit")
    #expect(try simulation.node("wf.onExit").boundary == nil)
    simulation.end("wf.onExit")
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("after a failure it runs too, is told of it, and cannot mend it")
  func failure() throws {
    let simulation = Simulation.driven(workflow, answers: ["a": [.exit(2)]])
    let launch = try simulation.launch("wf.onExit")
    #expect(launch.args[0] == "Failed")
    #expect(
      launch.args[1]
        == #""[{\"displayName\":\"a\",\"message\":\"main: Error (exit code 2)\",\"templateName\":\"work\","#
        + #"\"phase\":\"Failed\",\"podName\":\"wf-work-3986212215\",\"finishedAt\":\"2013-07-04T05:00:01Z\"}]""#)
    #expect(simulation["wf.onExit"] == .succeeded)
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.message?.hasPrefix("child 'wf-") == true)
  }

  @Test(
    "it can spoil a success but changes no failure",
    arguments: [
      (.success, .exit(1), .failed, "main: Error (exit code 1)"), (.success, .ending(.error("x")), .error, "x"),
      (.ending(.error("first")), .exit(1), .failed, "child 'wf-3986212215' failed"),
    ] as [(Answer, Answer, RunPhase, String)])
  func spoils(main: Answer, handler: Answer, phase: RunPhase, message: String) {
    let simulation = Simulation.driven(workflow, answers: ["a": [main], "wf.onExit": [handler]])
    #expect(simulation.run.phase == phase)
    #expect(simulation.run.message == message)
  }

  @Test("it gets the workflow's parameters as arguments, and may be steps with retries of its own")
  func frame() throws {
    let workflow = Workflow.entering(
      .container(),
      .steps("bye", inputs: [.input("to")], [[.step("mail", "mail", ["to": "{{inputs.parameters.to}}"])]]),
      .container("mail", inputs: [.input("to")], args: ["{{workflow.failures}}"], retry: .limit("1")), onExit: "bye")
    let simulation = Simulation.driven(workflow, parameters: ["to": "ops"], answers: ["mail": [.exit(1), .success]])
    #expect(try simulation.node("wf.onExit[0].mail").inputs["to"] == "ops")
    #expect(simulation.run.phase == .succeeded)
    // Its own failures are none of the graph that it follows.
    #expect(simulation.launches.map(\.args) == [[], [#""[]""#], [#""[]""#]])
  }

  @Test("an exit handler that is not there spoils the run")
  func unknown() {
    let simulation = Simulation.driven(.entering(.container(), onExit: "nowhere"))
    #expect(simulation.run.phase == .error)
    #expect(simulation.run.message == "template 'nowhere' is not defined")
  }

  @Test("what failed before it ran is among the failures")
  func failuresBeforeLaunch() throws {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", "inner")]), .steps("inner", inputs: [.input("x")], []),
      .container("bye", args: ["{{workflow.failures}}"]), onExit: "bye")
    let simulation = Simulation.driven(workflow)
    #expect(try simulation.launch("wf.onExit").args[0].contains("inputs.parameters.x was not supplied"))
  }
}
