import Testing
import WorkflowCore

// What `get -o json` prints, byte for byte, checked by hand against Argo's conventions: nodes keyed by ID; in a steps
// template each group hangs under the leaves of the group before it, in a dag each task under the leaves of what it
// depends on; outboundNodes are the leaves from which the next thing hangs.

@Suite("The Workflow object")
struct WorkflowObjectTests {
  private func expect(_ run: RunState, _ lines: String, sourceLocation: SourceLocation = #_sourceLocation) {
    var status = run.workflowObject["status"]?.objectValue ?? [:]
    let nodes = status.removeValue(forKey: "nodes")?.objectValue ?? [:]
    let printed = [Value.object(status).jsonText()] + nodes.map { "\($0.key) \($0.value.jsonText())" }
    for (line, expected) in zip(printed, lines.split(separator: "\n")) {
      #expect(line == expected, sourceLocation: sourceLocation)
    }
    #expect(printed.count == lines.split(separator: "\n").count, sourceLocation: sourceLocation)
  }

  @Test("a finished run of steps: a loop, a retry, a skipped step, a captured result")
  func steps() {
    let workflow = Workflow.entering(
      .steps(
        "main",
        [
          [.step("list")],
          [.step("each", "echo", ["text": "{{item}}"], loop: .over("x", 2))],
          [.step("last", "flaky"), .step("never", when: "{{steps.list.outputs.result}} == no")],
        ]), .container(), .container("echo", inputs: [.input("text")]), .container("flaky", retry: .limit("1")))
    let simulation = Simulation.driven(
      workflow, answers: ["list": [.success(result: "yes")], "last": [.exit(1), .success]])
    expect(
      simulation.run,
      #"""
      {"phase":"Succeeded","startedAt":"2013-07-04T05:00:00Z","finishedAt":"2013-07-04T05:00:05Z",\#
      "progress":"4/5","conditions":[{"type":"PodRunning","status":"False"},{"type":"Completed",\#
      "status":"True"}]}
      wf {"id":"wf","name":"wf","displayName":"wf","type":"Steps","templateName":"main",\#
      "templateScope":"local/wf","phase":"Succeeded","startedAt":"2013-07-04T05:00:00Z",\#
      "finishedAt":"2013-07-04T05:00:05Z","progress":"4/5","children":["wf-511703626"],\#
      "outboundNodes":["wf-1751554004","wf-2942831040"]}
      wf-511703626 {"id":"wf-511703626","name":"wf[0]","displayName":"[0]","type":"StepGroup",\#
      "templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf","startedAt":"2013-07-04T05:00:00Z",\#
      "finishedAt":"2013-07-04T05:00:01Z","progress":"1/1","children":["wf-3304038612"]}
      wf-3304038612 {"id":"wf-3304038612","name":"wf[0].list","displayName":"list","type":"Pod",\#
      "templateName":"work","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:00Z","finishedAt":"2013-07-04T05:00:01Z","progress":"1/1",\#
      "outputs":{"result":"yes","exitCode":"0"},"children":["wf-444446055"]}
      wf-444446055 {"id":"wf-444446055","name":"wf[1]","displayName":"[1]","type":"StepGroup",\#
      "templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf","startedAt":"2013-07-04T05:00:01Z",\#
      "finishedAt":"2013-07-04T05:00:03Z","progress":"2/2","children":["wf-1074394731","wf-2361171052"]}
      wf-1074394731 {"id":"wf-1074394731","name":"wf[1].each(0:x)","displayName":"each(0:x)","type":"Pod",\#
      "templateName":"echo","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:01Z","finishedAt":"2013-07-04T05:00:02Z","progress":"1/1",\#
      "inputs":{"parameters":[{"name":"text","value":"x"}]},"outputs":{"exitCode":"0"},\#
      "children":["wf-1518654956"]}
      wf-2361171052 {"id":"wf-2361171052","name":"wf[1].each(1:2)","displayName":"each(1:2)","type":"Pod",\#
      "templateName":"echo","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:02Z","finishedAt":"2013-07-04T05:00:03Z","progress":"1/1",\#
      "inputs":{"parameters":[{"name":"text","value":"2"}]},"outputs":{"exitCode":"0"},\#
      "children":["wf-1518654956"]}
      wf-1518654956 {"id":"wf-1518654956","name":"wf[2]","displayName":"[2]","type":"StepGroup",\#
      "templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf","startedAt":"2013-07-04T05:00:03Z",\#
      "finishedAt":"2013-07-04T05:00:05Z","progress":"1/2","children":["wf-787732074","wf-2942831040"]}
      wf-787732074 {"id":"wf-787732074","name":"wf[2].last","displayName":"last","type":"Retry",\#
      "templateName":"flaky","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:03Z","finishedAt":"2013-07-04T05:00:05Z","progress":"1/2",\#
      "outputs":{"exitCode":"0"},"children":["wf-1147412625","wf-1751554004"]}
      wf-1147412625 {"id":"wf-1147412625","name":"wf[2].last(0)","displayName":"last(0)","type":"Pod",\#
      "templateName":"flaky","templateScope":"local/wf","phase":"Failed","boundaryID":"wf",\#
      "message":"main: Error (exit code 1)","startedAt":"2013-07-04T05:00:03Z",\#
      "finishedAt":"2013-07-04T05:00:04Z","progress":"0/1","nodeFlag":{"retried":true},\#
      "outputs":{"exitCode":"1"}}
      wf-2942831040 {"id":"wf-2942831040","name":"wf[2].never","displayName":"never","type":"Skipped",\#
      "templateName":"work","templateScope":"local/wf","phase":"Skipped","boundaryID":"wf",\#
      "message":"when 'yes == no' evaluated false","startedAt":"2013-07-04T05:00:03Z",\#
      "finishedAt":"2013-07-04T05:00:03Z","progress":"0/0"}
      wf-1751554004 {"id":"wf-1751554004","name":"wf[2].last(1)","displayName":"last(1)","type":"Pod",\#
      "templateName":"flaky","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:04Z","finishedAt":"2013-07-04T05:00:05Z","progress":"1/1",\#
      "nodeFlag":{"retried":true},"outputs":{"exitCode":"0"}}
      """#)
  }

  private let dag = Workflow.entering(
    .dag(
      "main", outputs: [.from("{{tasks.d.outputs.parameters.n}}", as: "n")],
      [
        .task("a", "inner"), .task("b", depends: "a", loop: .over(1, 2)), .task("c", depends: "a.Failed"),
        .task("d", "make", depends: "b && (c || c.Omitted)"),
      ]), .steps("inner", [[.step("x"), .step("y")]]), .container(),
    .container("make", outputs: [.file("n", globalName: "total")]), onExit: "work")

  @Test("a finished dag: steps inside, a looped task, an omitted task, outputs, an exit handler")
  func finishedDAG() {
    let simulation = Simulation.driven(dag, answers: ["d": [.success(["n": "3"])]])
    expect(
      simulation.run,
      #"""
      {"phase":"Succeeded","startedAt":"2013-07-04T05:00:00Z","finishedAt":"2013-07-04T05:00:06Z",\#
      "progress":"6/6","outputs":{"parameters":[{"name":"total","value":"3"}]},\#
      "conditions":[{"type":"PodRunning","status":"False"},{"type":"Completed","status":"True"}]}
      wf {"id":"wf","name":"wf","displayName":"wf","type":"DAG","templateName":"main",\#
      "templateScope":"local/wf","phase":"Succeeded","startedAt":"2013-07-04T05:00:00Z",\#
      "finishedAt":"2013-07-04T05:00:05Z","progress":"5/5","outputs":{"parameters":[{"name":"n",\#
      "value":"3"}]},"children":["wf-2962115457"],"outboundNodes":["wf-3012448314"]}
      wf-2962115457 {"id":"wf-2962115457","name":"wf.a","displayName":"a","type":"Steps",\#
      "templateName":"inner","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:00Z","finishedAt":"2013-07-04T05:00:02Z","progress":"2/2",\#
      "children":["wf-4151199525"],"outboundNodes":["wf-304882315","wf-288104696"]}
      wf-4151199525 {"id":"wf-4151199525","name":"wf.a[0]","displayName":"[0]","type":"StepGroup",\#
      "templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf-2962115457",\#
      "startedAt":"2013-07-04T05:00:00Z","finishedAt":"2013-07-04T05:00:02Z","progress":"2/2",\#
      "children":["wf-304882315","wf-288104696"]}
      wf-304882315 {"id":"wf-304882315","name":"wf.a[0].x","displayName":"x","type":"Pod",\#
      "templateName":"work","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf-2962115457",\#
      "startedAt":"2013-07-04T05:00:00Z","finishedAt":"2013-07-04T05:00:01Z","progress":"1/1",\#
      "outputs":{"exitCode":"0"},"children":["wf-2911782600","wf-2928560219"]}
      wf-288104696 {"id":"wf-288104696","name":"wf.a[0].y","displayName":"y","type":"Pod",\#
      "templateName":"work","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf-2962115457",\#
      "startedAt":"2013-07-04T05:00:01Z","finishedAt":"2013-07-04T05:00:02Z","progress":"1/1",\#
      "outputs":{"exitCode":"0"},"children":["wf-2911782600","wf-2928560219"]}
      wf-2911782600 {"id":"wf-2911782600","name":"wf.b","displayName":"b","type":"TaskGroup",\#
      "templateName":"work","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:02Z","finishedAt":"2013-07-04T05:00:04Z","progress":"2/2",\#
      "children":["wf-3903928668","wf-566104934"]}
      wf-3903928668 {"id":"wf-3903928668","name":"wf.b(0:1)","displayName":"b(0:1)","type":"Pod",\#
      "templateName":"work","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:02Z","finishedAt":"2013-07-04T05:00:03Z","progress":"1/1",\#
      "outputs":{"exitCode":"0"},"children":["wf-3012448314"]}
      wf-566104934 {"id":"wf-566104934","name":"wf.b(1:2)","displayName":"b(1:2)","type":"Pod",\#
      "templateName":"work","templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf",\#
      "startedAt":"2013-07-04T05:00:03Z","finishedAt":"2013-07-04T05:00:04Z","progress":"1/1",\#
      "outputs":{"exitCode":"0"},"children":["wf-3012448314"]}
      wf-2928560219 {"id":"wf-2928560219","name":"wf.c","displayName":"c","type":"Skipped",\#
      "templateName":"work","templateScope":"local/wf","phase":"Omitted","boundaryID":"wf",\#
      "message":"omitted: depends condition not met","startedAt":"2013-07-04T05:00:02Z",\#
      "finishedAt":"2013-07-04T05:00:02Z","progress":"0/0","children":["wf-3012448314"]}
      wf-3012448314 {"id":"wf-3012448314","name":"wf.d","displayName":"d","type":"Pod","templateName":"make",\#
      "templateScope":"local/wf","phase":"Succeeded","boundaryID":"wf","startedAt":"2013-07-04T05:00:04Z",\#
      "finishedAt":"2013-07-04T05:00:05Z","progress":"1/1","outputs":{"parameters":[{"name":"n",\#
      "value":"3"}],"exitCode":"0"}}
      wf-403321795 {"id":"wf-403321795","name":"wf.onExit","displayName":"wf.onExit","type":"Pod",\#
      "templateName":"work","templateScope":"local/wf","phase":"Succeeded",\#
      "startedAt":"2013-07-04T05:00:05Z","finishedAt":"2013-07-04T05:00:06Z","progress":"1/1",\#
      "nodeFlag":{"hooked":true},"outputs":{"exitCode":"0"}}
      """#)
  }

  @Test(
    "a running dag: what has not ended has a finishedAt of null and no outbound nodes; leaves report their progress")
  func runningDAG() throws {
    var simulation = Simulation(dag)
    simulation.begin()
    simulation.end("x")
    simulation.end("y")
    let attempt = try #require(simulation.openLaunch("b(0:1)")).attempt
    simulation.apply(.attemptStarted(attempt))
    simulation.apply(.attemptProgressed(attempt, Progress(done: 30, total: 100)))
    let status = simulation.run.workflowObject["status"]
    #expect(status?["finishedAt"] == .null)
    // Two leaves that have ended, 30 of 100 in the third, and a fourth that waits.
    #expect(status?["progress"] == "32/103")
    #expect(status?["conditions"]?.arrayValue?.first == .record(["type": "PodRunning", "status": "True"]))
    let nodes = status?["nodes"]
    #expect(nodes?["wf"]?["outboundNodes"] == nil)
    #expect(nodes?["wf"]?["finishedAt"] == .null)
    let group = try simulation.node("wf.b")
    #expect(nodes?[group.id]?["progress"] == "30/101")
    #expect(nodes?[group.id]?["phase"] == "Running")
    #expect(try nodes?[simulation.node("wf.b(0:1)").id]?["progress"] == "30/100")
    simulation.end("b(0:1)")
    let ended = simulation.run.workflowObject["status"]?["nodes"]
    #expect(try ended?[simulation.node("wf.b(0:1)").id]?["progress"] == "100/100")
  }

  @Test("metadata and parameters are those of this run, the rest as it was written")
  func metadata() throws {
    var workflow = Workflow.entering(.container(), metadata: ObjectMetadata(generateName: "wf-"))
    workflow.manifest = try Value(
      json: #"""
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "wf-", "labels": {"a": "b"}},
         "spec": {"entrypoint": "work", "arguments": {"parameters": [{"name": "p", "value": "1"}]}}}
        """#)
    var simulation = Simulation(workflow, parameters: ["p": "2"])
    simulation.begin()
    var object = simulation.run.workflowObject.objectValue ?? [:]
    object["status"] = nil
    #expect(
      Value.object(object).jsonText()
        == #"{"apiVersion":"argoproj.io/v1alpha1","kind":"Workflow","metadata":{"generateName":"wf-","#
        + #""labels":{"a":"b","workflows.argoproj.io/phase":"Running"},"name":"wf","namespace":"default","#
        + #""uid":"uid-1","creationTimestamp":"2013-07-04T05:00:00Z"},"#
        + #""spec":{"entrypoint":"work","arguments":{"parameters":[{"name":"p","value":"2"}]}}}"#)
    simulation.drive()
    let labels = simulation.run.workflowObject["metadata"]?["labels"]
    #expect(labels?["workflows.argoproj.io/phase"] == "Succeeded")
    #expect(labels?["workflows.argoproj.io/completed"] == "true")
  }
}
