import Testing
import WorkflowCore

@Suite("Loops")
struct LoopTests {
  private func looped(_ loop: Loop, when: String? = nil, argument: TemplateString = "{{item}}") -> Workflow {
    .entering(
      .steps("main", [[.step("a", "echo", ["text": argument], when: when, loop: loop)]]),
      .container("echo", inputs: [.input("text")]))
  }

  private func texts(_ simulation: Simulation) -> [String?] {
    simulation.launches.map { simulation.run[$0.attempt.node].inputs["text"] }
  }

  @Test("items of a step hang in its group, named by their place and value")
  func names() throws {
    let map = Value.record(["os": "debian", "arch": "(arm)", "bits": 64])
    let simulation = Simulation.driven(looped(.over("x", 2, true, map, .array([1, "b"]))))
    #expect(
      simulation.names.dropFirst(2) == [
        "wf[0].a(0:x)", "wf[0].a(1:2)", "wf[0].a(2:true)", "wf[0].a(3:arch:arm,bits:64,os:debian)",
        "wf[0].a(4:[1 b])",
      ])
    #expect(
      texts(simulation) == ["x", "2", "true", #"{"os":"debian","arch":"(arm)","bits":64}"#, #"[1,"b"]"#])
    let item = try simulation.node("wf[0].a(0:x)")
    #expect(item.displayName == "a(0:x)")
    #expect(try item.owner == simulation.node("wf[0]").index)
    #expect(try item.boundary == simulation.node("wf").index)
  }

  @Test("a tag reaches into an item, and an item's texts may hold tags")
  func itemMembers() {
    let items = Loop.items([
      .map([(key: "who", value: .text("{{workflow.parameters.name}}")), (key: "n", value: .scalar(3))])
    ])
    let simulation = Simulation.driven(looped(items, argument: "{{item.who}}-{{item.n}}"), parameters: ["name": "Ada"])
    #expect(texts(simulation) == ["Ada-3"])
    #expect(simulation.names.last == "wf[0].a(0:n:3,who:Ada)")
  }

  @Test("withParam takes a JSON list, of an output too")
  func parameter() {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [.step("list")],
          [.step("a", "echo", ["text": "{{item}}"], loop: .parameter("{{steps.list.outputs.result}}"))],
        ]), .container(), .container("echo", inputs: [.input("text")]))
    let simulation = Simulation.driven(workflow, answers: ["list": [.success(result: #"["p", 1.5, {"k": 1}]"#)]])
    #expect(texts(simulation) == [nil, "p", "1.5", #"{"k":1}"#])
    #expect(simulation.names.suffix(3) == ["wf[1].a(0:p)", "wf[1].a(1:1.5)", "wf[1].a(2:k:1)"])
  }

  @Test("withParam that is no JSON list is an error of the step", arguments: ["{}", "abc", "", "1"])
  func notAList(text: String) {
    let simulation = Simulation.driven(looped(.parameter(TemplateString(text))))
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.run.phase == .failed)
  }

  @Test(
    "an empty list leaves one skipped node under the step's own name", arguments: [Loop.parameter("[]"), .count("0")])
  func empty(loop: Loop) {
    let simulation = Simulation.driven(looped(loop))
    #expect(simulation.names == ["wf", "wf[0]", "wf[0].a"])
    #expect(simulation["wf[0].a"] == .skipped)
    #expect(simulation.message("wf[0].a") == "Skipped, empty params")
    #expect(simulation.run.phase == .succeeded)
  }

  @Test(
    "withSequence counts up or down, both ends included, as formatted text",
    arguments: [
      (.count("3"), ["0", "1", "2"]), (.count("2", from: "5"), ["5", "6"]), (.range("8", "10"), ["8", "9", "10"]),
      (.range("2", "0"), ["2", "1", "0"]), (.range("1", "2", format: "shard-%03d"), ["shard-001", "shard-002"]),
      (.count("{{workflow.parameters.n}}"), ["0", "1"]),
      (.count("1", from: "9223372036854775807"), ["9223372036854775807"]),
    ] as [(Loop, [String])])
  func sequence(loop: Loop, items: [String]) {
    #expect(texts(Simulation.driven(looped(loop), parameters: ["n": "2"])) == items)
  }

  @Test(
    "a sequence without sense or measure is an error of the step, never a crash",
    arguments: [
      (.range("-9223372036854775808", "9223372036854775807"), "withSequence has more than 100000 items"),
      (.count("2", from: "9223372036854775807"), "withSequence has more than 100000 items"),
      (.count("100001"), "withSequence has more than 100000 items"),
      (.count("many"), "withSequence.count 'many' is not a whole number"),
    ] as [(Loop, String)])
  func badSequence(loop: Loop, message: String) {
    let simulation = Simulation.driven(looped(loop))
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.message("wf[0].a") == message)
  }

  @Test("when is asked for each item")
  func when() {
    let simulation = Simulation.driven(looped(.over(1, 2, 3), when: "{{item}} != 2"))
    #expect(simulation["wf[0].a(1:2)"] == .skipped)
    #expect(simulation.message("wf[0].a(1:2)") == "when '2 != 2' evaluated false")
    #expect(texts(simulation) == ["1", "3"])
  }

  @Test("a when that says no without looking at the item makes up for a list that is not there")
  func whenRulesOutTheLoop() {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [.step("list", when: "false")],
          [.step("a", when: "{{steps.list.status}} == Succeeded", loop: .parameter("{{steps.list.outputs.result}}"))],
        ]), .container())
    let simulation = Simulation.driven(workflow)
    #expect(simulation["wf[1].a"] == .skipped)
    #expect(simulation.message("wf[1].a") == "when 'Skipped == Succeeded' evaluated false")
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a failed item fails its group once all items have ended; continueOn excuses items too")
  func failure() {
    let workflow = looped(.over("x", "y"))
    let simulation = Simulation.driven(workflow, answers: ["a(0:x)": [.exit(1)]])
    #expect(simulation["wf[0].a(1:y)"] == .succeeded)
    #expect(simulation.run.phase == .failed)
  }
}

@Suite("Outputs of loops")
struct AggregationTests {
  /// Loops over 1, 2, 3, then hands `argument` to a step whose input has a default.
  private func consumed(
    _ argument: TemplateString, when: String? = nil, answers: [String: [Answer]]
  ) throws -> String? {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [
          .task("a", "make", when: when, loop: .over(1, 2, 3), continueOn: [.failed, .error]),
          .task("b", "echo", ["text": argument], depends: "a"),
        ]), .container("make", outputs: [.file("n", default: "none")]),
      .container("echo", inputs: [.input("text", default: "absent")]))
    let inDAG = Simulation.driven(workflow, answers: answers)
    let steps = Workflow.entering(
      .steps(
        "main",
        [
          [.step("a", "make", when: when, loop: .over(1, 2, 3), continueOn: [.failed, .error])],
          [.step("b", "echo", ["text": TemplateString(argument.source.replacingTasksWithSteps)])],
        ]), workflow.spec.templates[1], workflow.spec.templates[2])
    let inSteps = Simulation.driven(steps, answers: answers)
    let text = try inDAG.node("wf.b").inputs["text"]
    #expect(try inSteps.node("wf[1].b").inputs["text"] == text)
    return text
  }

  private func results(_ texts: String...) -> [String: [Answer]] {
    var answers: [String: [Answer]] = [:]
    for (place, text) in texts.enumerated() { answers["a(\(place):\(place + 1))"] = [.success(result: text)] }
    return answers
  }

  @Test("results are a JSON list of what each item printed, read as JSON")
  func resultList() throws {
    let text = try consumed("{{tasks.a.outputs.result}}", answers: results("1", #""two""#, #"{"x":[3]}"#))
    #expect(text == #"[1,"two",{"x":[3]}]"#)
  }

  @Test("items that failed or were skipped leave no gap, whichever comes first")
  func gaps() throws {
    var answers = results("1", "2", "3")
    answers["a(1:2)"] = [.exit(1)]
    #expect(try consumed("{{tasks.a.outputs.result}}", answers: answers) == "[1,3]")
    let tail = try consumed("{{tasks.a.outputs.result}}", when: "{{item}} > 1", answers: results("1", "2", "3"))
    #expect(tail == "[2,3]")
  }

  @Test("a loop of which every item was skipped has an empty list")
  func allSkipped() throws {
    #expect(try consumed("{{tasks.a.outputs.result}}", when: "{{item}} > 9", answers: [:]) == "[]")
  }

  @Test("parameters are a list of texts, or of JSON values when every one is an object or list")
  func parameterLists() throws {
    func answers(_ texts: String...) -> [String: [Answer]] {
      var answers: [String: [Answer]] = [:]
      for (place, text) in texts.enumerated() { answers["a(\(place):\(place + 1))"] = [.success(["n": text])] }
      return answers
    }
    let one = "{{tasks.a.outputs.parameters.n}}" as TemplateString
    #expect(try consumed(one, answers: answers("1", "x", "[3]")) == #"["1","x","[3]"]"#)
    #expect(try consumed(one, answers: answers("[1]", "{}", "[3]")) == "[[1],{},[3]]")
    #expect(
      try consumed("{{tasks.a.outputs.parameters}}", answers: answers("1", "2", "3"))
        == #"[{"n":"1"},{"n":"2"},{"n":"3"}]"#)
  }

  @Test("the status of a loop is its items' together")
  func status() throws {
    #expect(try consumed("{{tasks.a.status}}", answers: ["a(2:3)": [.exit(1)]]) == "Failed")
    #expect(try consumed("{{tasks.a.status}}", answers: [:]) == "Succeeded")
  }

  @Test("a result that is no JSON cannot be listed: the step that asks errs")
  func notJSON() {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [
          .task("a", loop: .over(1)),
          .task("b", "echo", ["text": "{{tasks.a.outputs.result}}"], depends: "a"),
        ]), .container(), .container("echo", inputs: [.input("text", default: "x")]))
    let simulation = Simulation.driven(workflow, answers: ["a(0:1)": [.success(result: "plain")]])
    #expect(simulation["wf.b"] == .error)
  }
}

extension String {
  fileprivate var replacingTasksWithSteps: String {
    split(separator: "{{tasks.", omittingEmptySubsequences: false).joined(separator: "{{steps.")
  }
}
