import Testing
import WorkflowCore
import WorkflowSpec

@Suite("From text to the engine's model")
struct WorkflowModelTests {
  private func read(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Workflow {
    let file = WorkflowReader(for: .run).read(text, name: "w.yaml")
    #expect(file.report == "", sourceLocation: sourceLocation)
    return try #require(file.workflows.first, sourceLocation: sourceLocation)
  }

  private let daily = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata:
      generateName: daily-
      labels: {team: risk}
      annotations: {orchestrate/workspace: "."}
    spec:
      entrypoint: daily
      onExit: report
      parallelism: 8
      arguments:
        parameters:
          - {name: date, value: 2013-07-04}
          - {name: shards, value: 4, enum: [2, 4, 8]}
          - {name: gpus, value: "0", description: GPUs for each shard}
      templates:
        - name: daily
          steps:
            - - {name: prepare, template: prepare}
            - - name: infer-shard
                template: infer-shard
                arguments: {parameters: [{name: shard, value: "{{item}}"}]}
                withParam: "{{steps.prepare.outputs.result}}"
                continueOn: {failed: true}
            - - name: merge
                template: merge
                when: "{{steps.prepare.outputs.result}} != []"
        - name: prepare
          container: {image: worker, command: [ShardWorker], args: [plan, --shards, "{{workflow.parameters.shards}}"]}
        - name: infer-shard
          inputs: {parameters: [{name: shard}, {name: threads, default: 1}]}
          outputs:
            parameters:
              - {name: rows, valueFrom: {path: /tmp/rows, default: 0}, globalName: "rows-{{inputs.parameters.shard}}"}
          activeDeadlineSeconds: 600
          retryStrategy: {limit: 2, retryPolicy: Always, backoff: {duration: 1s, factor: 2, maxDuration: 1m}}
          container:
            image: worker
            workingDir: /srv
            env:
              - {name: SHARD, value: "{{inputs.parameters.shard}}"}
              - {name: KEY, valueFrom: {secretKeyRef: {name: aws, key: key, optional: true}}}
              - {name: MODE, valueFrom: {configMapKeyRef: {name: modes, key: mode}}}
            resources:
              requests: {cpu: 1, memory: 1Gi}
              limits: {nvidia.com/gpu: "{{workflow.parameters.gpus}}"}
        - name: merge
          dag:
            target: b
            failFast: false
            tasks:
              - {name: a, template: report, withItems: [x, {k: "{{workflow.name}}"}, 3, [1]]}
              - {name: b, template: report, depends: a.AnySucceeded, withSequence: {start: 1, count: 2, format: "%02d"}}
        - name: report
          script: {image: alpine, command: [sh], source: echo}
    """

  @Test("The daily workflow reads as what it says")
  func spec() throws {
    let workflow = try read(daily)
    #expect(workflow.metadata.generateName == "daily-")
    #expect(workflow.metadata.labels == ["team": "risk"])
    #expect(workflow.metadata.annotations["orchestrate/workspace"] == ".")
    #expect(workflow.spec.entrypoint == Located("daily"))
    #expect(workflow.spec.onExit == ExitHandler(template: Located("report")))
    #expect(workflow.spec.parallelism == 8)
    #expect(workflow.spec.arguments.map(\.value) == ["2013-07-04", "4", "0"])
    #expect(workflow.spec.arguments[1].allowedValues == ["2", "4", "8"])
    #expect(workflow.spec.arguments[2].description == "GPUs for each shard")
    #expect(workflow.spec.templates.map(\.name.value) == ["daily", "prepare", "infer-shard", "merge", "report"])
  }

  @Test("Steps keep their groups, loops, arguments and conditions")
  func steps() throws {
    guard case .steps(let groups) = try read(daily).spec.templates[0].body else {
      Issue.record("not steps")
      return
    }
    #expect(groups.map { $0.map(\.name.value) } == [["prepare"], ["infer-shard"], ["merge"]])
    let shard = groups[1][0]
    #expect(shard.loop == .parameter("{{steps.prepare.outputs.result}}"))
    #expect(shard.arguments == [Argument(name: Located("shard"), value: "{{item}}")])
    #expect(shard.continueOn == .failed)
    #expect(shard.template.position == Position(line: 21, column: 23))
    #expect(groups[2][0].when == (try WhenExpression("{{steps.prepare.outputs.result}} != []")))
  }

  @Test("A container keeps its command, environment and resources; its template retries and outputs")
  func container() throws {
    let template = try read(daily).spec.templates[2]
    guard case .container(let container) = template.body else {
      Issue.record("not a container")
      return
    }
    #expect(container.image == "worker")
    #expect(container.workingDirectory == "/srv")
    #expect(
      container.environment == [
        EnvironmentVariable(name: "SHARD", source: .value("{{inputs.parameters.shard}}")),
        EnvironmentVariable(name: "KEY", source: .secret(name: "aws", key: "key", optional: true)),
        EnvironmentVariable(name: "MODE", source: .configMap(name: "modes", key: "mode", optional: false)),
      ])
    #expect(container.resources.requests == ["cpu": "1", "memory": "1Gi"])
    #expect(container.resources.limits == ["nvidia.com/gpu": "{{workflow.parameters.gpus}}"])
    #expect(
      template.retryStrategy
        == RetryStrategy(limit: "2", policy: .always, backoff: .init(duration: "1s", factor: "2", maxDuration: "1m")))
    #expect(template.activeDeadlineSeconds == "600")
    #expect(template.inputs[1].defaultValue == "1")
    #expect(
      template.outputs == [
        OutputParameter(
          name: Located("rows"), source: .path("/tmp/rows"), defaultValue: "0",
          globalName: "rows-{{inputs.parameters.shard}}")
      ])
  }

  @Test("A dag keeps its target, dependencies and loops")
  func dag() throws {
    guard case .dag(let dag) = try read(daily).spec.templates[3].body else {
      Issue.record("not a dag")
      return
    }
    #expect(dag.target == [Located("b")])
    #expect(!dag.failFast)
    #expect(dag.tasks[1].depends == (try DependsExpression(parsing: "a.AnySucceeded")))
    #expect(dag.tasks[1].step.loop == .sequence(.init(start: "1", count: "2", format: "%02d")))
    #expect(
      dag.tasks[0].step.loop
        == .items([
          .text("x"), .map([(key: "k", value: .text("{{workflow.name}}"))]), .scalar(3), .list([.scalar(1)]),
        ]))
  }

  @Test("dependencies: [A, B] reads as A && B")
  func dependencies() throws {
    let text = workflow(
      template: """
        dag: {tasks: [
        {name: a, template: leaf}, {name: b, template: leaf}, {name: c, template: leaf, dependencies: [a, b]}]}},
        {name: leaf, script: {image: busybox, command: [sh], source: "exit 0"}
        """)
    let workflow = try read(text)
    guard case .dag(let dag) = workflow.spec.templates[0].body,
      case .script(let script) = workflow.spec.templates[1].body
    else {
      Issue.record("not a dag and a script")
      return
    }
    #expect(dag.tasks.map(\.depends) == [nil, nil, DependsExpression(allOf: ["a", "b"])])
    #expect(script.source == "exit 0")
  }

  @Test("The manifest keeps the file's order, and reads again as the same workflow")
  func manifest() throws {
    let first = try read(daily)
    #expect(first.manifest.objectValue.map { Array($0.keys) } == ["apiVersion", "kind", "metadata", "spec"])
    let again = WorkflowReader(for: .run).read(first.manifest, name: "stored")
    let second = try #require(again.workflows.first)
    #expect(second.manifest == first.manifest)
    #expect(second.spec.arguments == first.spec.arguments)
    #expect(second.spec.templates.map(\.inputs) == first.spec.templates.map(\.inputs))
  }

  @Test("A value that -p gives counts for what a run needs and allows")
  func givenParameters() {
    let text = workflow("arguments: {parameters: [{name: date}, {name: size, value: s, enum: [s, l]}]}")
    func report(_ given: [ParameterValue]) -> [String] {
      WorkflowReader(for: .run, parameters: given).read(text, name: "w.yaml").diagnostics.map(\.message)
    }
    let date = ParameterValue(name: "date", value: "2013-07-04")
    #expect(report([]) == ["parameter 'date' has no value"])
    #expect(report([date]) == [])
    #expect(
      report([date, ParameterValue(name: "size", value: "xl")]) == [
        "'xl' is not a value that parameter 'size' allows"
      ])
    #expect(
      report([ParameterValue(name: "dat", value: "x"), date]) == ["-p dat=... is not a parameter of this workflow"])
  }

  @Test("A given entrypoint replaces the file's, and must exist")
  func givenEntrypoint() {
    let reader = WorkflowReader(for: .run, entrypoint: "main")
    let text = workflow().replacing("entrypoint: main, ", with: "")
    #expect(reader.read(text, name: "w.yaml").workflows.first?.spec.entrypoint.value == "main")
    #expect(
      WorkflowReader(for: .run, entrypoint: "man").read(text, name: "w.yaml").diagnostics.map(\.hint) == [
        "did you mean 'main'?"
      ])
  }

  @Test("Other kinds are kept as they are, beside the workflows of the file")
  func otherKinds() {
    let text =
      workflow() + """
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: modes}
        data: {mode: fast}
        ---
        apiVersion: example.com/v1
        kind: Machine
        spec: {anything: goes}
        """
    let file = WorkflowReader().read(text, name: "w.yaml")
    #expect(file.report == "")
    #expect(file.objects.map(\.kind) == ["Workflow", "ConfigMap", "Machine"])
    #expect(file.objects[1].manifest["data"]?["mode"] == "fast")
    #expect(file.workflows.count == 1)
  }

  @Test("Scalars of parameters become text as Argo writes them")
  func scalarParameters() throws {
    let values = ["4", "1.5", "true", "1e21", "1e-7", "-2.50e1", "\"010\"", "x"]
    let parameters = values.enumerated().map { "{name: p\($0), value: \($1)}" }.joined(separator: ", ")
    let file = WorkflowReader(for: .run).read(
      workflow("arguments: {parameters: [\(parameters)]}"), name: "w.yaml")
    #expect(
      file.workflows.first?.spec.arguments.map { $0.value?.source } == [
        "4", "1.5", "true", "1000000000000000000000", "0.0000001", "-25", "010", "x",
      ])
  }
}
