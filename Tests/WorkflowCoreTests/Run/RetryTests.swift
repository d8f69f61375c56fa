import Testing
import WorkflowCore

@Suite("Retry")
struct RetryTests {
  private func one(_ retry: RetryStrategy) -> Workflow {
    .entering(.steps("main", [[.step("a")]]), .container(retry: retry))
  }

  @Test("attempts hang under a retry node of the step's name, numbered from 0")
  func names() throws {
    let simulation = Simulation.driven(one(.limit("2")), answers: ["a": [.exit(1), .success]])
    #expect(simulation.names == ["wf", "wf[0]", "wf[0].a", "wf[0].a(0)", "wf[0].a(1)"])
    #expect(try simulation.node("wf[0].a").type == .retry)
    #expect(try simulation.node("wf[0].a(1)").displayName == "a(1)")
    #expect(try simulation.node("wf[0].a(1)").boundary == simulation.node("wf").index)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("an item's attempts are numbered behind the item")
  func itemNames() {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", loop: .over("x"))]]), .container(retry: .limit("1")))
    #expect(Simulation.driven(workflow).names.suffix(2) == ["wf[0].a(0:x)", "wf[0].a(0:x)(0)"])
  }

  @Test("limit counts what comes after the first attempt", arguments: [("0", 1), ("2", 3)])
  func limit(limit: TemplateString, attempts: Int) {
    let simulation = Simulation.driven(one(.limit(limit)), answers: ["a": [.exit(1)]])
    #expect(simulation.launches.count == attempts)
    #expect(simulation["wf[0].a"] == .failed)
    #expect(simulation.message("wf[0].a") == "No more retries left")
    #expect(simulation.run.phase == .failed)
  }

  @Test("without a limit it retries until it succeeds")
  func endless() {
    let answers = Array(repeating: Answer.exit(1), count: 50) + [.success]
    let simulation = Simulation.driven(one(RetryStrategy()), answers: ["a": answers])
    #expect(simulation.launches.count == 51)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("limit may be a tag")
  func templatedLimit() {
    let simulation = Simulation.driven(
      one(.limit("{{workflow.parameters.n}}")), parameters: ["n": "1"], answers: ["a": [.exit(1)]])
    #expect(simulation.launches.count == 2)
  }

  @Test(
    "the policy says which endings are tried again",
    arguments: [
      (.onFailure, Answer.exit(1), true), (.onFailure, .ending(.error("x")), false),
      (.onError, .exit(1), false), (.onError, .ending(.lost("x")), true),
      (.always, .exit(1), true), (.always, .ending(.error("x")), true),
      (.onTransientError, .exit(1), false), (.onTransientError, .ending(.error("Connection refused")), true),
      (.onTransientError, .exit(75), true),
    ] as [(RetryStrategy.Policy, Answer, Bool)])
  func policies(policy: RetryStrategy.Policy, answer: Answer, again: Bool) throws {
    let simulation = Simulation.driven(one(.limit("1", policy)), answers: ["a": [answer, .success]])
    #expect(simulation.launches.count == (again ? 2 : 1))
    if !again { #expect(try simulation.node("wf[0].a").message == simulation.node("wf[0].a(0)").message) }
  }

  @Test("each wait is the last one times the factor, up to the cap, from the end of the attempt before")
  func backoff() {
    let backoff = RetryStrategy.Backoff(duration: "10s", factor: "2", cap: "30")
    let simulation = Simulation.driven(one(.limit("4", backoff: backoff)), answers: ["a": [.exit(1)]])
    // Each attempt takes a second; the waits are 10, 20, 30 and 30.
    #expect(simulation.launchTimes == [0, 11, 32, 63, 94])
  }

  @Test(
    "without a factor, or with 0, the wait stays the same, also without a limit",
    arguments: [nil, "0"] as [TemplateString?])
  func constantBackoff(factor: TemplateString?) {
    let backoff = RetryStrategy.Backoff(duration: "1m", factor: factor)
    let simulation = Simulation.driven(
      one(RetryStrategy(backoff: backoff)), answers: ["a": [.exit(1), .exit(1), .success]])
    #expect(simulation.launchTimes == [0, 61, 122])
  }

  @Test("while it waits the node says until when, and nothing is launched")
  func waiting() throws {
    var simulation = Simulation(one(.limit("1", backoff: .init(duration: "1m"))))
    simulation.begin()
    simulation.end("a(0)", .exit(1))
    let waiting = try simulation.node("wf[0].a")
    #expect(waiting.phase == .running)
    #expect(waiting.message == "Backoff until 2013-07-04T05:01:01Z")
    #expect(
      simulation.run.outstandingCommands == [.wake(waiting.index, at: simulation.now.advanced(byMilliseconds: 60000))])
    simulation.drive()
    #expect(simulation.run.phase == .succeeded)
    #expect(simulation.message("wf[0].a") == nil)
  }

  @Test("a wake that comes too early changes nothing, and is asked for again")
  func earlyWake() throws {
    var simulation = Simulation(one(.limit("1", backoff: .init(duration: "1m"))))
    simulation.begin()
    simulation.end("a(0)", .exit(1))
    let retry = try simulation.node("wf[0].a")
    let due = try #require(retry.retryAt)
    let transition = simulation.apply(.retryDue(retry.index))
    #expect(transition.commands == [.wake(retry.index, at: due)])
    #expect(transition.changedNodes.isEmpty)
    #expect(transition.note == "the retry is not due before 2013-07-04T05:01:01Z")
  }

  @Test("no retry begins later than maxDuration after the first attempt began")
  func maxDuration() {
    let backoff = RetryStrategy.Backoff(duration: "10s", maxDuration: "25s")
    let simulation = Simulation.driven(one(RetryStrategy(backoff: backoff)), answers: ["a": [.exit(1)]])
    #expect(simulation.launchTimes == [0, 11, 22])
    #expect(simulation["wf[0].a"] == .failed)
    #expect(simulation.message("wf[0].a") == "Backoff would exceed max duration limit")
  }

  @Test("what the policy forbids is not waited for first")
  func policyBeforeBackoff() {
    let strategy = RetryStrategy.limit("3", .onError, backoff: .init(duration: "1h"))
    var simulation = Simulation(one(strategy))
    simulation.begin()
    simulation.end("a(0)", .exit(1))
    #expect(simulation.run.phase == .failed)
  }

  @Test("terms that make no sense are an error of the node", arguments: ["many", "-1", ""])
  func badTerms(limit: TemplateString) {
    let simulation = Simulation.driven(one(.limit(limit)), answers: ["a": [.exit(1)]])
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.message("wf[0].a") == "retryStrategy.limit '\(limit.source)' is not a number")
  }

  @Test("the retry node hands out what its last attempt gave, and attempts know their number")
  func outputs() throws {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [[.step("a", "make")], [.step("b", "echo", ["text": "{{steps.a.outputs.parameters.n}} {{steps.a.exitCode}}"])]]),
      .container("make", outputs: [.file("n")], args: ["{{retries}}"], retry: .limit("2")),
      .container("echo", inputs: [.input("text")], args: ["{{inputs.parameters.text}}"]))
    let simulation = Simulation.driven(
      workflow, answers: ["a": [.exit(1, ["n": "first"]), .success(["n": "second"])]])
    #expect(simulation.launches.map(\.args) == [["0"], ["1"], ["second 0"]])
  }

  @Test("a retried frame starts all over, what had succeeded too")
  func frames() {
    let workflow = Workflow.entering(
      .steps("main", retry: .limit("1"), [[.step("a")], [.step("b")]]), .container())
    let simulation = Simulation.driven(workflow, answers: ["wf(0)[1].b": [.exit(1)]])
    #expect(simulation.launched == ["wf(0)[0].a", "wf(0)[1].b", "wf(1)[0].a", "wf(1)[1].b"])
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("the workflow's strategy is that of every template without one, the entrypoint too")
  func workflowStrategy() {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a"), .step("own", "own")]]), .container(), .container("own", retry: .limit("0")),
      retry: .limit("1"))
    let simulation = Simulation.driven(workflow)
    #expect(
      simulation.names == [
        "wf", "wf(0)", "wf(0)[0]", "wf(0)[0].a", "wf(0)[0].a(0)", "wf(0)[0].own", "wf(0)[0].own(0)",
      ])
  }

  @Test("an attempt that fails before it asks anything of the world is not tried again: it would fail without end")
  func hopeless() {
    let hopeless = RetryStrategy(policy: .always)
    let leaf = Workflow.entering(
      .container(resources: ResourceRequirements(requests: ["cpu": "much"]), retry: hopeless))
    #expect(Simulation.driven(leaf).names == ["wf", "wf(0)"])
    let frame = Workflow.entering(.steps("main", retry: hopeless, [[.step("a", "nowhere")]]))
    let simulation = Simulation.driven(frame)
    #expect(simulation.run.phase == .failed)
    #expect(simulation.names == ["wf", "wf(0)", "wf(0)[0]", "wf(0)[0].a"])
  }
}
