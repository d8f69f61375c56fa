import Testing
import WorkflowCore

@Suite("DAG")
struct DAGTests {
  @Test("a diamond: the two sides run together, the end waits for both")
  func diamond() {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [
          .task("a"), .task("b", depends: "a"), .task("c", depends: "a"), .task("d", depends: "b && c"),
        ]), .container())
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.launched == ["wf.a"])
    simulation.end("a")
    #expect(simulation.launched == ["wf.a", "wf.b", "wf.c"])
    simulation.end("c")
    #expect(simulation.launched.count == 3)
    simulation.end("b")
    simulation.end("d")
    #expect(simulation.run.phase == .succeeded)
    #expect(simulation.names == ["wf", "wf.a", "wf.b", "wf.c", "wf.d"])
  }

  @Test("tasks may stand in any order in the file")
  func anyOrder() {
    let workflow = Workflow.entering(
      .dag("main", [.task("c", depends: "b"), .task("b", depends: "a"), .task("a")]), .container())
    #expect(Simulation.driven(workflow).launched == ["wf.a", "wf.b", "wf.c"])
  }

  @Test("a bare name is met by success and by being skipped, and by nothing else")
  func bareName() {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [
          .task("ok"), .task("skipped", when: "false"), .task("bad"),
          .task("afterOK", depends: "ok"), .task("afterSkipped", depends: "skipped"), .task("afterBad", depends: "bad"),
        ]), .container())
    let simulation = Simulation.driven(workflow, answers: ["bad": [.exit(1)]])
    #expect(simulation["wf.afterOK"] == .succeeded)
    #expect(simulation["wf.afterSkipped"] == .succeeded)
    #expect(simulation["wf.afterBad"] == .omitted)
    #expect(simulation.message("wf.afterBad") == "omitted: depends condition not met")
  }

  @Test("omission cascades: a bare name is not met by an omitted task, but .Omitted is")
  func omissionCascades() {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [
          .task("a"), .task("b", depends: "a.Failed"), .task("c", depends: "b"), .task("d", depends: "c.Omitted"),
        ]), .container())
    let simulation = Simulation.driven(workflow)
    #expect(simulation["wf.b"] == .omitted)
    #expect(simulation["wf.c"] == .omitted)
    #expect(simulation["wf.d"] == .succeeded)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test(
    "depends can ask for each ending",
    arguments: [
      ("a.Succeeded", Answer.success, true), ("a.Succeeded", .exit(1), false),
      ("a.Failed", .exit(1), true), ("a.Failed", .ending(.error("")), false),
      ("a.Errored", .ending(.error("")), true), ("a.Errored", .exit(1), false),
      ("a.Failed || a.Errored", .exit(1), true), ("!a.Succeeded", .exit(1), true),
      ("a.Daemoned", .success, false), ("a.Skipped", .success, false),
      ("a && !(a.Failed || a.Errored)", .success, true),
    ] as [(String, Answer, Bool)])
  func conditions(depends: String, answer: Answer, runs: Bool) {
    let workflow = Workflow.entering(.dag("main", [.task("a"), .task("b", depends: depends)]), .container())
    let simulation = Simulation.driven(workflow, answers: ["a": [answer]])
    #expect(simulation["wf.b"] == (runs ? .succeeded : .omitted))
  }

  @Test("a failure that a dependant handles does not fail the dag")
  func handledFailure() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a"), .task("mend", depends: "a.Failed")]), .container())
    let simulation = Simulation.driven(workflow, answers: ["a": [.exit(1)]])
    #expect(simulation["wf.a"] == .failed)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a failed leaf fails the dag, and an error stays an error")
  func failedLeaf() {
    let workflow = Workflow.entering(.dag("main", [.task("a"), .task("b", depends: "a")]), .container())
    #expect(Simulation.driven(workflow, answers: ["b": [.exit(1)]]).run.phase == .failed)
    #expect(Simulation.driven(workflow, answers: ["b": [.ending(.error("x"))]]).run.phase == .error)
  }

  @Test("an omitted leaf takes the phase of the branch that led to it")
  func omittedLeaf() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a"), .task("b", depends: "a"), .task("c", depends: "b")]), .container())
    let simulation = Simulation.driven(workflow, answers: ["a": [.exit(1)]])
    #expect(simulation["wf.c"] == .omitted)
    #expect(simulation.run.phase == .failed)
  }

  @Test("where branches of an omitted leaf ended differently, the failure counts, whichever is named first")
  func omittedLeafOfTwoBranches() {
    for depends in ["good && bad", "bad && good"] {
      let workflow = Workflow.entering(
        .dag("main", [.task("good"), .task("bad"), .task("leaf", depends: depends)]), .container())
      let simulation = Simulation.driven(workflow, answers: ["bad": [.exit(1)]])
      #expect(simulation["wf.leaf"] == .omitted)
      #expect(simulation.run.phase == .failed)
    }
  }

  @Test("a failure does not stop the branches beside it")
  func otherBranchesRunOn() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a"), .task("x"), .task("y", depends: "x")]), .container())
    let simulation = Simulation.driven(workflow, answers: ["a": [.exit(1)]])
    #expect(simulation["wf.y"] == .succeeded)
    #expect(simulation.run.phase == .failed)
  }

  @Test("continueOn lets dependants run, and excuses a leaf")
  func continueOn() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", continueOn: .failed), .task("b", depends: "a")]), .container())
    let simulation = Simulation.driven(workflow, answers: ["a": [.exit(1)]])
    #expect(simulation["wf.b"] == .succeeded)
    #expect(simulation.run.phase == .succeeded)

    let leaf = Workflow.entering(.dag("main", [.task("a", continueOn: .failed)]), .container())
    #expect(Simulation.driven(leaf, answers: ["a": [.exit(1)]]).run.phase == .succeeded)
    #expect(Simulation.driven(leaf, answers: ["a": [.ending(.error(""))]]).run.phase == .error)
  }

  @Test("target runs the named tasks with all they depend on; the rest never appears, and does not count")
  func target() {
    let workflow = Workflow.entering(
      .dag(
        "main", target: ["b"],
        [.task("a"), .task("b", depends: "a"), .task("c", depends: "b"), .task("d")]), .container())
    let simulation = Simulation.driven(workflow)
    #expect(simulation.names == ["wf", "wf.a", "wf.b"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("tasks that wait for each other in a circle are an error, not a wait without end")
  func circle() {
    let whole = Workflow.entering(
      .dag("main", [.task("a", depends: "b"), .task("b", depends: "a")]), .container())
    #expect(Simulation.driven(whole).run.phase == .error)
    let part = Workflow.entering(
      .dag(
        "main",
        [.task("a"), .task("b", depends: "a && c"), .task("c", depends: "b"), .task("d", depends: "c")]),
      .container())
    let simulation = Simulation.driven(part)
    #expect(simulation.run.phase == .error)
    #expect(simulation.run.message == "some tasks wait for each other in a circle")
  }

  @Test("a looped task is a group that carries the phase of its items; an error outweighs a failure")
  func taskGroup() throws {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", loop: .over("x", "y")), .task("b", depends: "a")]), .container())
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.names == ["wf", "wf.a", "wf.a(0:x)", "wf.a(1:y)"])
    #expect(try simulation.node("wf.a").type == .taskGroup)
    #expect(try simulation.node("wf.a(1:y)").boundary == simulation.node("wf").index)
    simulation.end("a(0:x)", .exit(1))
    #expect(simulation["wf.a"] == .running)
    simulation.end("a(1:y)", .ending(.error("")))
    #expect(simulation["wf.a"] == .error)
    #expect(simulation["wf.b"] == .omitted)
    #expect(simulation.run.phase == .error)
  }

  @Test(
    "AnySucceeded and AllFailed ask the items of a looped task; errors are not failures here",
    arguments: [
      ("a.AnySucceeded", [Answer.exit(1), .success], true), ("a.AnySucceeded", [.exit(1), .exit(1)], false),
      ("a.AllFailed", [.exit(1), .exit(1)], true), ("a.AllFailed", [.exit(1), .success], false),
      ("a.AllFailed", [.exit(1), .ending(.error(""))], false),
    ] as [(String, [Answer], Bool)])
  func itemConditions(depends: String, items: [Answer], runs: Bool) {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", loop: .over("x", "y")), .task("b", depends: depends)]), .container())
    let simulation = Simulation.driven(workflow, answers: ["a(0:x)": [items[0]], "a(1:y)": [items[1]]])
    #expect(simulation["wf.b"] == (runs ? .succeeded : .omitted))
  }

  @Test("an empty loop is one skipped node, which a bare name accepts and AnySucceeded and AllFailed do not")
  func emptyLoop() {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [
          .task("a", loop: .parameter("[]")), .task("b", depends: "a"), .task("c", depends: "a.AllFailed"),
          .task("d", depends: "a.AnySucceeded"),
        ]), .container())
    let simulation = Simulation.driven(workflow)
    #expect(simulation["wf.a"] == .skipped)
    #expect(simulation.message("wf.a") == "Skipped, empty params")
    #expect(simulation["wf.b"] == .succeeded)
    #expect(simulation["wf.c"] == .omitted)
    #expect(simulation["wf.d"] == .omitted)
  }

  @Test("a dag can be a task of another, and is shown by its last name")
  func nesting() throws {
    let workflow = Workflow.entering(
      .dag("main", [.task("outer", "inner")]), .dag("inner", [.task("x")]), .container())
    let simulation = Simulation.driven(workflow)
    #expect(simulation.names == ["wf", "wf.outer", "wf.outer.x"])
    #expect(try simulation.node("wf.outer.x").displayName == "x")
  }

  @Test("what cannot be worked out for a task is its error, and errors of tasks are the dag's")
  func argumentError() {
    let workflow = Workflow.entering(
      .dag("main", [.task("a", "echo", [:])]), .container("echo", inputs: [.input("text")]))
    let simulation = Simulation.driven(workflow)
    #expect(simulation["wf.a"] == .error)
    #expect(simulation.message("wf.a") == "inputs.parameters.text was not supplied")
    #expect(simulation.run.phase == .error)
  }
}
