import Testing

@testable import WorkflowCore

@Suite("Parameters")
struct ParameterTests {
  private let echo = Template.container(
    "echo", inputs: [.input("text", default: "fallback")], args: ["{{inputs.parameters.text}}"])

  @Test("an argument wins over the input's value, and the value over its default; the empty text counts as given")
  func precedence() throws {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [
            .step("argument", "both", ["text": "argument"]), .step("value", "both"), .step("fallback", "echo"),
            .step("empty", "both", ["text": ""]),
          ]
        ]), .container("both", inputs: [.input("text", value: "value", default: "fallback")]), echo)
    let simulation = Simulation.driven(workflow)
    #expect(try simulation.node("wf[0].argument").inputs["text"] == "argument")
    #expect(try simulation.node("wf[0].value").inputs["text"] == "value")
    #expect(try simulation.node("wf[0].fallback").inputs["text"] == "fallback")
    #expect(try simulation.node("wf[0].empty").inputs["text"]?.isEmpty == true)
  }

  @Test("the workflow's parameters are the entrypoint's arguments")
  func entrypoint() throws {
    let workflow = Workflow.entering(.container(inputs: [.input("date")], args: ["{{inputs.parameters.date}}"]))
    #expect(try Simulation.driven(workflow, parameters: ["date": "2013-07-04"]).launch("wf").args == ["2013-07-04"])
  }

  @Test("an input without argument, value or default is an error")
  func notSupplied() {
    let simulation = Simulation.driven(.entering(.container(inputs: [.input("date")])))
    #expect(simulation.run.phase == .error)
    #expect(simulation.run.message == "inputs.parameters.date was not supplied")
  }

  @Test("inputs.parameters and workflow.parameters are JSON lists of names and values")
  func lists() throws {
    let workflow = Workflow.entering(
      .container(inputs: [.input("a")], args: ["{{inputs.parameters}}", "{{workflow.parameters}}"]))
    let launch = try Simulation.driven(workflow, parameters: ["a": "1"]).launch("wf")
    #expect(launch.args == [#"[{"name":"a","value":"1"}]"#, #"[{"name":"a","value":"1"}]"#])
  }

  @Test("a file becomes an output parameter that later steps can use")
  func outputFile() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", "make")], [.step("b", "echo", ["text": "{{steps.a.outputs.parameters.n}}"])]]),
      .container("make", outputs: [.file("n", "/tmp/n")], args: ["{{outputs.parameters.n.path}}"]), echo)
    let simulation = Simulation.driven(workflow, answers: ["a": [.success(["n": "42"])]])
    #expect(try simulation.launch("wf[0].a").outputFiles == [OutputFile(parameter: "n", path: "/tmp/n")])
    #expect(try simulation.launch("wf[0].a").args == ["/tmp/n"])
    #expect(try simulation.launch("wf[1].b").args == ["42"])
  }

  @Test("a missing file is an error although the program exited 0; with a default it is not")
  func missingFile() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", "make"), .step("b", "easy")]]),
      .container("make", outputs: [.file("n", "/tmp/n")]),
      .container("easy", outputs: [.file("n", "/tmp/n", default: "none")]))
    let simulation = Simulation.driven(workflow)
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.message("wf[0].a") == "outputs.parameters.n: the step wrote no file /tmp/n")
    #expect(simulation["wf[0].b"] == .succeeded)
    #expect(try simulation.node("wf[0].b").outputs?.parameters["n"] == "none")
  }

  @Test("what a failed step wrote is kept: a step that continueOn lets run can read it, its exit code too")
  func outputsOfAFailure() throws {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [.step("a", "make", continueOn: .failed)],
          [
            .step(
              "b", "echo",
              ["text": "{{steps.a.outputs.parameters.n}} {{steps.a.exitCode}} {{steps.a.status}}"])
          ],
        ]), .container("make", outputs: [.file("n")]), echo)
    let simulation = Simulation.driven(workflow, answers: ["a": [.exit(7, ["n": "half"])]])
    #expect(try simulation.launch("wf[1].b").args == ["half 7 Failed"])
  }

  @Test("a skipped producer gives its output's default, else the consumer's input default, else the consumer errs")
  func absence() throws {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [
          .task("a", "make", when: "false"),
          .task("b", "echo", ["text": "{{tasks.a.outputs.parameters.known}}"], depends: "a"),
          .task("c", "echo", ["text": "{{tasks.a.outputs.parameters.n}}"], depends: "a"),
          .task("d", "strict", ["text": "{{tasks.a.outputs.parameters.n}}"], depends: "a"),
        ]), .container("make", outputs: [.file("n"), .file("known", default: "producer's")]), echo,
      .container("strict", inputs: [.input("text")]))
    let simulation = Simulation.driven(workflow)
    #expect(try simulation.launch("wf.b").args == ["producer's"])
    #expect(try simulation.launch("wf.c").args == ["fallback"])
    #expect(simulation["wf.d"] == .error)
    #expect(simulation.message("wf.d") == "'a' is Skipped and has no outputs.parameters.n")
  }

  @Test("steps and dags hand out what their children gave")
  func frameOutputs() throws {
    let workflow = Workflow.entering(
      .dag("main", outputs: [.from("{{tasks.a.outputs.parameters.n}}", as: "n")], [.task("a", "inner")]),
      .steps("inner", outputs: [.from("{{steps.x.outputs.parameters.n}}", as: "n")], [[.step("x", "make")]]),
      .container("make", outputs: [.file("n")]))
    let simulation = Simulation.driven(workflow, answers: ["x": [.success(["n": "1"])]])
    #expect(try simulation.node("wf").outputs?.parameters == [ParameterValue(name: "n", value: "1")])
  }

  @Test("an output that its child did not give is an error of the frame, unless it has a default or the frame failed")
  func missingFrameOutput() throws {
    func workflow(_ output: OutputParameter) -> Workflow {
      .entering(
        .steps("main", outputs: [output], [[.step("x", "make", when: "{{workflow.parameters.go}}")]]),
        .container("make", outputs: [.file("n")]))
    }
    let strict = OutputParameter.from("{{steps.x.outputs.parameters.n}}", as: "n")
    let skipped = Simulation.driven(workflow(strict), parameters: ["go": "false"])
    #expect(skipped.run.phase == .error)
    #expect(skipped.run.message == "outputs.parameters.n: 'x' is Skipped and has no outputs.parameters.n")
    let eased = Simulation.driven(
      workflow(.from("{{steps.x.outputs.parameters.n}}", as: "n", default: "0")), parameters: ["go": "false"])
    #expect(eased.run.phase == .succeeded)
    #expect(try eased.node("wf").outputs?.parameters["n"] == "0")
    let failed = Simulation.driven(workflow(strict), parameters: ["go": "true"], answers: ["x": [.exit(1)]])
    #expect(failed.run.phase == .failed)
  }

  @Test("an output with a global name is there for later nodes and the exit handler; the last writer wins")
  func globals() throws {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [.step("a", "make", ["n": "x"])], [.step("b", "make", ["n": "x"])],
          [.step("c", "echo", ["text": "{{workflow.outputs.parameters.out-x}}"])],
        ]),
      .container(
        "make", inputs: [.input("n")], outputs: [.file("v", globalName: "out-{{inputs.parameters.n}}")]), echo,
      .container("bye", args: ["{{workflow.outputs.parameters.out-x}}"]), onExit: "bye")
    let simulation = Simulation.driven(
      workflow, answers: ["a": [.success(["v": "1"])], "b": [.success(["v": "2"])]])
    #expect(try simulation.launch("wf[2].c").args == ["2"])
    #expect(try simulation.launch("wf.onExit").args == ["2"])
    #expect(simulation.run.globalOutputs == [ParameterValue(name: "out-x", value: "2")])
  }

  @Test("the workflow's own variables")
  func workflowVariables() throws {
    let workflow = Workflow.entering(
      .container(args: [
        "{{workflow.name}} {{workflow.namespace}} {{workflow.uid}} {{workflow.mainEntrypoint}} {{workflow.priority}}",
        "{{workflow.creationTimestamp}} {{workflow.labels.team}} {{workflow.annotations.note}}", "{{retries}}",
        "{{pod.name}}",
      ]), metadata: ObjectMetadata(name: "wf", labels: ["team": "data"], annotations: ["note": "n"]))
    #expect(
      try Simulation.driven(workflow).launch("wf").args == [
        "wf default uid-1 work 0", "2013-07-04T05:00:00Z data n", "0", "wf",
      ])
  }
}
