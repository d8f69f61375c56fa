import Testing

@testable import WorkflowCore

@Suite("Launch")
struct LaunchTests {
  @Test("a container is launched with its command, arguments, environment and requests, every tag replaced")
  func container() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", "work", ["who": "{{workflow.parameters.name}}"])]]),
      .container(
        inputs: [.input("who"), .input("cores", default: "500m")], command: ["{{inputs.parameters.who}}", "run"],
        args: ["--run={{workflow.name}}", "--node={{node.name}}", "{{custom}}"],
        environment: [
          EnvironmentVariable(name: "WHO", source: .value("<{{inputs.parameters.who}}>")),
          EnvironmentVariable(name: "KEY", source: .secret(name: "store", key: "token", optional: true)),
        ],
        resources: ResourceRequirements(
          requests: ["cpu": "{{inputs.parameters.cores}}"], limits: ["cpu": "2", "nvidia.com/gpu": "1"]),
        deadline: "30"))
    let launch = try Simulation.driven(workflow, parameters: ["name": "Ada"]).launch("wf[0].a")
    #expect(launch.command == ["Ada", "run"])
    #expect(launch.args == ["--run=wf", "--node=wf[0].a", "{{custom}}"])
    #expect(
      launch.environment == [
        LaunchVariable(name: "WHO", source: .value("<Ada>")),
        LaunchVariable(name: "KEY", source: .secret(name: "store", key: "token", optional: true)),
      ])
    #expect(launch.requests == ["cpu": 500, "nvidia.com/gpu": 1000])
    #expect(launch.deadlineSeconds == 30)
    #expect(launch.image == "image")
    #expect(launch.source == nil)
    #expect(launch.templateName == "work")
    #expect(launch.directory == "/home/user")
  }

  @Test("a value never becomes a tag")
  func valuesAreNotScanned() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", "work", ["x": "{{workflow.parameters.p}}"])]]),
      .container(inputs: [.input("x")], args: ["{{inputs.parameters.x}}"]))
    let simulation = Simulation.driven(workflow, parameters: ["p": "{{workflow.name}}"])
    #expect(try simulation.launch("wf[0].a").args == ["{{workflow.name}}"])
  }

  @Test("a script is launched with its text; the executor makes the file")
  func script() throws {
    let workflow = Workflow.entering(.script("main", "echo {{workflow.uid}}"))
    let launch = try Simulation.driven(workflow).launch("wf")
    #expect(launch.source == "echo uid-1")
    #expect(launch.command == ["sh"])
    #expect(launch.podName == "wf")
  }

  @Test("standard output is captured only where a tag beside the step asks for it")
  func capture() throws {
    let workflow = Workflow.entering(
      .steps(
        "main", outputs: [.from("{{steps.c.outputs.result}}", as: "last")],
        [
          [.step("a"), .step("b")],
          [.step("c", "echo", ["text": "{{steps.a.outputs.result}}"])],
        ]), .container(), .container("echo", inputs: [.input("text")]))
    let simulation = Simulation.driven(
      workflow, answers: ["a": [.success(result: "hello")], "c": [.success(result: "bye")]])
    #expect(try simulation.launch("wf[0].a").capturesResult)
    #expect(try !simulation.launch("wf[0].b").capturesResult)
    #expect(try simulation.launch("wf[1].c").capturesResult)
    #expect(try simulation.node("wf[1].c").inputs == [ParameterValue(name: "text", value: "hello")])
    #expect(try simulation.node("wf").outputs?.parameters == [ParameterValue(name: "last", value: "bye")])
  }

  @Test("items and attempts are captured when their step is asked for")
  func captureOfItemsAndAttempts() throws {
    let workflow = Workflow.entering(
      .dag(
        "main",
        [.task("a", loop: .over(1)), .task("b", "echo", ["text": "{{tasks.a.outputs.result}}"], depends: "a")]),
      .container(retry: .limit("1")), .container("echo", inputs: [.input("text")]))
    let simulation = Simulation.driven(workflow, answers: ["a(0:1)": [.exit(1), .success(result: "7")]])
    #expect(simulation.launched == ["wf.a(0:1)(0)", "wf.a(0:1)(1)", "wf.b"])
    #expect(try simulation.launch("wf.a(0:1)(1)").capturesResult)
    #expect(try simulation.node("wf.b").inputs == [ParameterValue(name: "text", value: "[7]")])
  }

  @Test("what a launch needs and cannot be worked out is an error of its node")
  func badResources() {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a")]]),
      .container(resources: ResourceRequirements(requests: ["cpu": "{{workflow.parameters.cores}}"])))
    let simulation = Simulation.driven(workflow, parameters: ["cores": "many"])
    #expect(simulation.launched.isEmpty)
    #expect(simulation["wf[0].a"] == .error)
    #expect(simulation.message("wf[0].a")?.hasPrefix("resources: cpu: ") == true)
    #expect(simulation.run.phase == .failed)
  }

  @Test(
    "each way to end has its phase, message and exit code",
    arguments: [
      (.exited(code: 0), .succeeded, nil, 0),
      (.exited(code: 65), .failed, "main: Error (exit code 65)", 65),
      (.signaled(9), .failed, "main: Error (exit code 137): killed by signal 9", 137),
      (.outOfMemory, .failed, "OOMKilled (exit code 137)", 137),
      (.deadlineExceeded, .failed, "Pod was active on the node longer than the specified deadline", 137),
      (.notStarted("no such file"), .failed, "main: Error (exit code 64): no such file", 64),
      (.error("disk full"), .error, "disk full", nil),
      (.lost("the host restarted"), .error, "the host restarted", nil),
    ] as [(Outcome.Ending, NodePhase, String?, Int32?)])
  func endings(ending: Outcome.Ending, phase: NodePhase, message: String?, code: Int32?) throws {
    let simulation = Simulation.driven(
      .entering(.steps("main", [[.step("a")]]), .container()), answers: ["a": [.ending(ending)]])
    let node = try simulation.node("wf[0].a")
    #expect(node.phase == phase)
    #expect(node.message == message)
    #expect(node.outputs?.exitCode == code)
  }

  @Test("an attempt is pending until it starts, says what it waits for, and keeps the times its executor saw")
  func lifeOfAnAttempt() throws {
    var simulation = Simulation(.entering(.steps("main", [[.step("a")]]), .container()))
    simulation.begin()
    let attempt = try simulation.launch("wf[0].a").attempt
    #expect(simulation["wf[0].a"] == .pending)
    simulation.apply(.attemptDelayed(attempt, reason: "waits for a GPU"))
    #expect(simulation.message("wf[0].a") == "waits for a GPU")
    simulation.advance(seconds: 5)
    simulation.apply(.attemptStarted(attempt))
    #expect(simulation["wf[0].a"] == .running)
    #expect(simulation.message("wf[0].a") == nil)
    simulation.apply(.attemptProgressed(attempt, Progress(done: 10, total: 100)))
    simulation.advance(seconds: 60)
    let ended = Outcome(
      .exited(code: 0), startedAt: Simulation.start.advanced(byMilliseconds: 6000),
      finishedAt: Simulation.start.advanced(byMilliseconds: 8000))
    simulation.apply(.attemptEnded(attempt, ended))
    let node = try simulation.node("wf[0].a")
    #expect(node.startedAt.milliseconds(since: Simulation.start) == 6000)
    #expect(node.finishedAt?.milliseconds(since: Simulation.start) == 8000)
    #expect(try simulation.node("wf").finishedAt?.milliseconds(since: Simulation.start) == 65000)
    #expect(node.progress == Progress(done: 10, total: 100))
    #expect(simulation.released == [node.id])
  }

  @Test("workflow.duration in an exit handler is the time its graph took, whenever the launch is worked out")
  func durationIsStable() throws {
    let workflow = Workflow.entering(
      .container(), .container("bye", args: ["{{workflow.duration}}"]), onExit: "bye")
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.advance(seconds: 41)
    simulation.end("wf")
    simulation.advance(seconds: 1000)
    simulation.apply(.attemptStarted(try simulation.launch("wf.onExit").attempt))
    #expect(try simulation.launch("wf.onExit").args == ["42.000000"])
  }
}
