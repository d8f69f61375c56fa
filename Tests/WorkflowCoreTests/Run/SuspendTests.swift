import Testing

@testable import WorkflowCore

extension Template {
  static func suspend(
    _ name: String = "gate", duration: TemplateString? = nil, inputs: [Parameter] = [], outputs: [OutputParameter] = []
  ) -> Template {
    Template(
      name: Located(name), inputs: inputs, outputs: outputs, body: .suspend(Suspension(duration: duration)))
  }
}

extension OutputParameter {
  static func supplied(_ name: String, default: TemplateString? = nil) -> OutputParameter {
    OutputParameter(name: Located(name), source: .supplied, defaultValue: `default`)
  }
}

@Suite("Suspend templates")
struct SuspendTemplateTests {
  private func begun(_ gate: Template, _ arguments: KeyValuePairs<String, TemplateString> = [:]) -> Simulation {
    let workflow = Workflow.entering(
      .steps("main", [[.step("approve", "gate", arguments)], [.step("after", "echo")]]), gate,
      .container("echo", args: ["done"]))
    var simulation = Simulation(workflow)
    simulation.begin()
    return simulation
  }

  @Test("a suspend node waits, and succeeds when the run is resumed")
  func resumed() {
    var simulation = begun(.suspend())
    #expect(simulation["wf[0].approve"] == .running)
    #expect(simulation.launches.isEmpty)
    simulation.apply(.resumeRequested(nil))
    simulation.drive()
    #expect(simulation["wf[0].approve"] == .succeeded)
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("a suspend node with a duration resumes by itself; a bare number is seconds")
  func duration() throws {
    for text in ["90", "1m30s"] {
      var simulation = begun(.suspend(duration: TemplateString(text)))
      simulation.drive()
      #expect(simulation.run.phase == .succeeded)
      let node = try simulation.node("wf[0].approve")
      #expect(node.finishedAt?.milliseconds(since: node.startedAt) == 90_000)
    }
    #expect(begun(.suspend(duration: "soon"))["wf[0].approve"] == .error)
  }

  @Test("a selector resumes the nodes it selects, and no others")
  func selected() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("a", "gate", ["who": "x"]), .step("b", "gate", ["who": "y"])]]),
      .suspend(inputs: [.input("who")]))
    var simulation = Simulation(workflow)
    simulation.begin()
    #expect(simulation.apply(.resumeRequested(try NodeSelector(parsing: "displayName=none"))).note != nil)
    simulation.apply(.resumeRequested(try NodeSelector(parsing: "inputs.parameters.who.value=y,phase=Running")))
    #expect(simulation["wf[0].a"] == .running)
    #expect(simulation["wf[0].b"] == .succeeded)
    simulation.apply(.resumeRequested(try NodeSelector(parsing: "displayName!=b")))
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("outputs left to be supplied come from node set, then from their defaults; without either nothing resumes")
  func supplied() throws {
    var simulation = begun(.suspend(outputs: [.supplied("answer"), .supplied("reason", default: "none")]))
    #expect(simulation.apply(.resumeRequested(nil)).note?.contains("'answer' has not been supplied") == true)
    #expect(simulation["wf[0].approve"] == .running)
    let unknown = NodeChange(outputs: [ParameterValue(name: "typo", value: "1")])
    #expect(simulation.apply(.nodeSet(try NodeSelector(parsing: "phase=Running"), unknown)).note != nil)
    let change = NodeChange(message: "asked", outputs: [ParameterValue(name: "answer", value: "yes")])
    simulation.apply(.nodeSet(try NodeSelector(parsing: "displayName=approve"), change))
    #expect(simulation["wf[0].approve"] == .running)
    simulation.apply(.resumeRequested(nil))
    let outputs = try simulation.node("wf[0].approve").outputs?.parameters
    #expect(outputs?["answer"] == "yes")
    #expect(outputs?["reason"] == "none")
  }

  @Test("node set can end a suspended node as failed, with a message")
  func failed() throws {
    var simulation = begun(.suspend())
    simulation.apply(
      .nodeSet(try NodeSelector(parsing: "templateName=gate"), NodeChange(phase: .failed, message: "declined")))
    #expect(simulation["wf[0].approve"] == .failed)
    #expect(simulation.message("wf[0].approve") == "declined")
    #expect(simulation.run.phase == .failed)
  }

  @Test("stopping a run ends its suspended nodes")
  func stopped() {
    var simulation = begun(.suspend(duration: "1h"))
    simulation.apply(.shutdownRequested(.stop))
    #expect(simulation["wf[0].approve"] == .failed)
    #expect(simulation.run.phase == .failed)
  }

  @Test("a selector that cannot be read says why")
  func selectorErrors() {
    for text in ["displayName", "color=red", "=x"] {
      #expect(throws: SelectorError.self) { try NodeSelector(parsing: text) }
    }
  }
}

@Suite("Suspended runs")
struct SuspendedRunTests {
  private let workflow = Workflow.entering(
    .steps("main", [[.step("a"), .step("b")], [.step("c")]]), .container())

  @Test("a suspended run launches nothing new, lets run what runs, and goes on when it is resumed")
  func paused() {
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.end("a")
    simulation.apply(.suspendRequested)
    simulation.end("b")
    simulation.drive()
    #expect(simulation.launched == ["wf[0].a", "wf[0].b"])
    #expect(simulation.run.phase == .running)
    simulation.apply(.resumeRequested(nil))
    simulation.drive()
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("spec.suspend begins a run suspended")
  func fromTheStart() {
    var workflow = workflow
    workflow.spec.suspend = true
    var simulation = Simulation.driven(workflow)
    #expect(simulation.launches.isEmpty)
    simulation.apply(.resumeRequested(nil))
    simulation.drive()
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("resuming a run does not pass a gate that was reached only while it was suspended")
  func gate() {
    var simulation = Simulation(
      .entering(.steps("main", [[.step("a")], [.step("gate", "gate")]]), .container(), .suspend()))
    simulation.begin()
    simulation.apply(.suspendRequested)
    simulation.end("a")
    simulation.apply(.resumeRequested(nil))
    #expect(simulation["wf[1].gate"] == .running)
    simulation.apply(.resumeRequested(nil))
    #expect(simulation.run.phase == .succeeded)
  }

  @Test("stopping a suspended run ends it, its exit handler included")
  func stopped() {
    var workflow = workflow
    workflow.spec.onExit = ExitHandler(template: Located("work"))
    var simulation = Simulation(workflow)
    simulation.apply(.suspendRequested)
    simulation.begin()
    simulation.apply(.shutdownRequested(.stop))
    simulation.drive()
    #expect(simulation.launched == ["wf.onExit"])
    #expect(simulation.run.phase == .failed)
  }
}
