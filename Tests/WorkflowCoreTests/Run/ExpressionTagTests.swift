import Testing

@testable import WorkflowCore

@Suite("Expressions in a run")
struct ExpressionTagTests {
  private func argument(
    _ text: TemplateString, parameters: KeyValuePairs<String, String> = [:], inputs: [Parameter] = []
  ) throws -> String {
    let workflow = Workflow.entering(.container(inputs: inputs, args: [text]))
    let simulation = Simulation.driven(workflow, parameters: parameters)
    return try #require(simulation.launches.first?.args.first, "\(simulation.run.message ?? "")")
  }

  @Test("a tag with an expression becomes its value: texts as they are, anything else as JSON")
  func values() throws {
    let inputs = [Parameter.input("n"), .input("a-b")]
    let parameters: KeyValuePairs = ["n": "3", "a-b": "x y"]
    #expect(try argument("{{=asInt(inputs.parameters.n) + 1}}!", parameters: parameters, inputs: inputs) == "4!")
    #expect(try argument("{{=inputs.parameters['a-b']}}", parameters: parameters, inputs: inputs) == "x y")
    #expect(try argument("{{= {'n': [1, 2]} }}") == #"{"n":[1,2]}"#)
    #expect(
      try argument("{{=toJson(inputs.parameters)}}", parameters: parameters, inputs: inputs)
        == #"{"a-b":"x y","n":"3"}"#)
    #expect(try argument("{{=workflow.name}}-{{workflow.name}}") == "wf-wf")
  }

  @Test("the workflow's parameters are there one by one, and together as JSON text")
  func wholeGroups() throws {
    let parameters: KeyValuePairs = ["a-b": "true", "c": "2"]
    #expect(
      try argument("{{=jsonpath(workflow.parameters.json, '$[0].value')}}", parameters: parameters) == "true")
    #expect(try argument("{{=workflow.parameters.c}}", parameters: parameters) == "2")
    #expect(try argument("{{=workflow.labels.json}}") == "{}")
  }

  @Test("braces inside an expression do not end its tag")
  func braces() throws {
    #expect(try argument("{{=toJson({'a': {'b': 1}})}}|{{='}}'}}") == #"{"a":{"b":1}}|}}"#)
  }

  @Test("an expression's output is never read as a tag or an expression again")
  func onePass() throws {
    let text = try argument(
      "{{=inputs.parameters.n}}", parameters: ["n": "{{=1 + 1}}{{workflow.name}}"], inputs: [.input("n")])
    #expect(text == "{{=1 + 1}}{{workflow.name}}")
  }

  @Test("a when may hold expressions")
  func when() {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [
            .step("yes", when: "{{=asInt(workflow.parameters.n) > 2}}"),
            .step("no", when: "{{=asInt(workflow.parameters.n) > 2}} == false"),
            .step("map", when: "{{={'a': {'b': true}}.a.b}}"),
          ]
        ]), .container())
    let simulation = Simulation.driven(workflow, parameters: ["n": "3"])
    #expect(simulation["wf[0].yes"] == .succeeded)
    #expect(simulation["wf[0].no"] == .skipped)
    #expect(simulation["wf[0].map"] == .succeeded)
  }

  @Test("a result that only an expression asks for is captured, outright or within a whole")
  func capturedResults() throws {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [.step("a"), .step("b")],
          [.step("c", "echo", ["text": "{{=steps.a.outputs.result + '!'}}"])],
          [.step("d", "echo", ["text": "{{=steps['b'].outputs.result ?? 'none'}}"])],
        ]), .container(), .container("echo", inputs: [.input("text")], args: ["{{inputs.parameters.text}}"]))
    let simulation = Simulation.driven(workflow, answers: ["a": [.success(result: "hi")], "b": [.success()]])
    #expect(try simulation.launch("wf[0].a").capturesResult)
    #expect(try simulation.launch("wf[0].b").capturesResult)
    #expect(try simulation.launch("wf[1].c").args == ["hi!"])
    #expect(try simulation.launch("wf[2].d").args == ["none"])
  }

  @Test("a loop's item is text to an expression, and so are its fields")
  func items() throws {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [
            .step("n", "echo", ["text": "{{=asInt(item) * 2}}"], loop: .over(1, 2)),
            .step(
              "m", "echo", ["text": "{{=item.k + item.n}}"], loop: .over(.record(["k": "v", "n": 2]))),
          ]
        ]), .container("echo", inputs: [.input("text")], args: ["{{inputs.parameters.text}}"]))
    let simulation = Simulation.driven(workflow)
    #expect(try simulation.launch("wf[0].n(1:2)").args == ["4"])
    #expect(try simulation.launch("wf[0].m(0:k:v,n:2)").args == ["v2"])
  }

  @Test("an output may be computed from what the steps gave, and fall back when they gave nothing")
  func outputs() throws {
    func output(_ text: String, default fallback: TemplateString? = nil) throws -> OutputParameter {
      OutputParameter(
        name: Located("out"), source: .expression(try Expression(parsing: text)), defaultValue: fallback)
    }
    func run(_ output: OutputParameter) -> Simulation {
      Simulation.driven(
        .entering(
          .steps("main", outputs: [output], [[.step("a"), .step("b", when: "false")]]), .container()),
        answers: ["a": [.success(result: "1")]])
    }
    let chosen = try output("steps.b.status == 'Succeeded' ? steps.b.outputs.result : steps.a.outputs.result")
    #expect(try run(chosen).node("wf").outputs?.parameters["out"] == "1")
    let absent = try run(output("steps.b.outputs.result", default: "none"))
    #expect(try absent.node("wf").outputs?.parameters["out"] == "none")
    #expect(try run(output("steps.b.outputs.result")).run.phase == .error)
    #expect(try run(output("steps.typo.status")).run.phase == .error)
  }

  @Test("an expression that fails is an error of its node, and says why")
  func failures() {
    let simulation = Simulation.driven(.entering(.container(args: ["{{=asInt('x')}}"])))
    #expect(simulation.run.phase == .error)
    #expect(simulation.launches.isEmpty)
  }
}

@Suite("Retry expressions")
struct RetryExpressionTests {
  private func run(_ text: String, limit: TemplateString? = "5", _ answers: [Answer]) throws -> Simulation {
    let strategy = RetryStrategy(limit: limit, policy: .always, expression: try Expression(parsing: text))
    return Simulation.driven(
      .entering(
        .container(
          args: [
            "{{retries}} {{lastRetry.exitCode}} {{lastRetry.status}} {{lastRetry.duration}} {{lastRetry.message}}"
          ],
          retry: strategy)), answers: ["wf": answers])
  }

  @Test("an expression over lastRetry decides whether there is another attempt, as often as one fails")
  func decides() throws {
    let simulation = try run("asInt(lastRetry.exitCode) >= 75", [.exit(75), .exit(76), .exit(1)])
    #expect(simulation.launched == ["wf(0)", "wf(1)", "wf(2)"])
    #expect(simulation.run.phase == .failed)
    #expect(simulation.message("wf") == "retryStrategy.expression evaluated to false")
  }

  @Test("policy, limit and expression must all allow it")
  func limit() throws {
    #expect(try run("true", limit: "1", [.exit(1)]).launched == ["wf(0)", "wf(1)"])
    #expect(try run("asInt(retries) < 2", [.exit(1)]).launched == ["wf(0)", "wf(1)", "wf(2)"])
    #expect(try run("lastRetry.status == 'Error'", [.exit(1)]).launched == ["wf(0)"])
    #expect(try run("lastRetry.exitCode == '-1'", [.ending(.lost("gone")), .success]).run.phase == .succeeded)
  }

  @Test("an attempt knows how the one before it ended; the first has Argo's defaults")
  func lastRetry() throws {
    let simulation = try run("true", [.exit(3), .success])
    #expect(try simulation.launch("wf(0)").args == ["0 0  0 "])
    #expect(try simulation.launch("wf(1)").args == ["1 3 Failed 1 main: Error (exit code 3)"])
  }

  @Test("an expression that is no condition is an error")
  func misfit() throws {
    #expect(try run("1 + 1", [.exit(1)]).run.phase == .error)
  }
}
