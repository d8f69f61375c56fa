import Testing

@testable import WorkflowCore

@Suite("Artifacts between steps")
struct ArtifactTests {
  private static func kept(_ key: String) -> Value { .record(["s3": .record(["key": .string(key)])]) }

  private static func leaving(_ key: String, result: String? = nil) -> [Answer] {
    [
      Answer(
        outcome: Outcome(
          .exited(code: 0), artifacts: [ArtifactValue(name: "out", location: kept(key))], result: result))
    ]
  }

  private static let producer = Template(
    name: Located("make"), outputArtifacts: [Artifact(name: Located("out"), path: "/out")],
    body: .container(Container(command: ["make"])))

  private static func consumer(optional: Bool = false, source: Artifact.Source? = nil) -> Template {
    Template(
      name: Located("take"),
      inputArtifacts: [Artifact(name: Located("in"), path: "/in", source: source, mode: 0o755, isOptional: optional)],
      body: .container(Container(command: ["take", "{{inputs.artifacts.in.path}}"])))
  }

  private static func handing(_ text: TemplateString, subPath: TemplateString? = nil) -> Step {
    var step = Step.step("take", "take")
    step.artifacts = [Artifact(name: Located("in"), source: .reference(text), subPath: subPath)]
    return step
  }

  @Test("what one step leaves, a later one finds, at the path it names")
  func handedOn() throws {
    let workflow = Workflow.entering(
      .steps("main", [[.step("make", "make")], [Self.handing("{{steps.make.outputs.artifacts.out}}")]]),
      Self.producer, Self.consumer())
    let run = Simulation.driven(workflow, answers: ["make": Self.leaving("k")])
    let launch = try #require(run.launches.last)
    #expect(
      launch.inputArtifacts == [
        InputArtifact(
          name: "in", path: "/in", location: Self.kept("k"), mode: 0o755, isModeRecursive: false, isOptional: false)
      ])
    #expect(launch.command == ["take", "/in"])
    #expect(run.run.phase == .succeeded)
  }

  @Test("an output is kept under the run, the pod and its name, unless it says where itself")
  func keys() throws {
    let launch = try #require(Simulation.driven(.entering(Self.producer)).launches.first)
    #expect(launch.outputArtifacts.map(\.defaultKey) == ["wf/wf/out.tgz"])
    #expect(launch.outputArtifacts.map(\.location) == [nil])
  }

  @Test("a subPath names a part of an artifact")
  func subPath() throws {
    let workflow = Workflow.entering(
      .steps(
        "main", [[.step("make", "make")], [Self.handing("{{steps.make.outputs.artifacts.out}}", subPath: "a/b.txt")]]),
      Self.producer, Self.consumer())
    let run = Simulation.driven(workflow, answers: ["make": Self.leaving("folder/")])
    #expect(run.launches.last?.inputArtifacts.first?.location == Self.kept("folder/a/b.txt"))
  }

  @Test("a step that leaves nothing where it promised an artifact ends in error", arguments: [true, false])
  func missing(isOptional: Bool) throws {
    var producer = Self.producer
    producer.outputArtifacts[0].isOptional = isOptional
    let run = Simulation.driven(.entering(producer)).run
    #expect(run.phase == (isOptional ? .succeeded : .error))
    if !isOptional { #expect(run.message == "outputs.artifacts.out: the step left nothing at /out") }
  }

  @Test(
    "an artifact of a skipped step is absent: fine where it is optional, an error where it is not",
    arguments: [true, false])
  func absent(isOptional: Bool) throws {
    let workflow = Workflow.entering(
      .steps(
        "main", [[.step("make", "make", when: "1 == 2")], [Self.handing("{{steps.make.outputs.artifacts.out}}")]]),
      Self.producer, Self.consumer(optional: isOptional))
    let run = Simulation.driven(workflow)
    #expect(run.run.phase == (isOptional ? .succeeded : .failed))
    #expect(run.launches.count == (isOptional ? 1 : 0))
  }

  @Test("fromExpression chooses among what the steps left, also where some of them were skipped")
  func fromExpression() throws {
    var main = Template.steps(
      "main", [[.step("flip", "make")], [.step("heads", "make"), .step("tails", "make", when: "1 == 2")]])
    let choice = try Expression(
      parsing:
        "steps.flip.outputs.result == 'heads' ? steps.heads.outputs.artifacts.out : steps.tails.outputs.artifacts.out")
    main.outputArtifacts = [Artifact(name: Located("chosen"), source: .expression(choice))]
    let run = Simulation.driven(
      .entering(main, Self.producer),
      answers: ["flip": Self.leaving("f", result: "heads"), "heads": Self.leaving("h")])
    #expect(try run.node("wf").outputs?.artifacts == [ArtifactValue(name: "chosen", location: Self.kept("h"))])
  }

  @Test("an artifact with a global name is an output of the run, and later steps can take it")
  func globalName() throws {
    var producer = Self.producer
    producer.outputArtifacts[0].globalName = "shared"
    let workflow = Workflow.entering(
      .steps("main", [[.step("make", "make")], [Self.handing("{{workflow.outputs.artifacts.shared}}")]]), producer,
      Self.consumer())
    let run = Simulation.driven(workflow, answers: ["make": Self.leaving("g")])
    #expect(run.run.globalArtifacts == [ArtifactValue(name: "shared", location: Self.kept("g"))])
    #expect(run.launches.last?.inputArtifacts.first?.location == Self.kept("g"))
    #expect(run.run.workflowObject["status"]?["outputs"]?["artifacts"]?.arrayValue?.count == 1)
  }

  @Test("a template's own location holds where a call hands over nothing, its tags replaced")
  func ownLocation() throws {
    let raw = Artifact.Source.location(
      .map([(key: "raw", value: .map([(key: "data", value: .text("for {{workflow.name}}"))]))]))
    let run = Simulation.driven(.entering(Self.consumer(source: raw)))
    #expect(
      run.launches.first?.inputArtifacts.first?.location
        == .record(["raw": .record(["data": "for wf"])]))
  }

  @Test("volumes of the template, of the workflow, and claims made for the run are mounted, and no others")
  func volumes() throws {
    var leaf = Template.container("main")
    leaf.body = .container(
      Container(
        command: ["x"],
        volumeMounts: [
          VolumeMount(name: "own", path: "/own", subPath: "a", isReadOnly: true),
          VolumeMount(name: "made", path: "/made"),
        ]))
    leaf.volumes = [Volume(name: "own", source: .map([(key: "emptyDir", value: .map([]))]))]
    var workflow = Workflow.entering(leaf)
    workflow.spec.claimTemplates = ["made"]
    let launch = try #require(Simulation.driven(workflow).launches.first)
    #expect(
      launch.mounts == [
        LaunchMount(
          volume: "own", source: .record(["emptyDir": .record([:])]), path: "/own", subPath: "a", isReadOnly: true),
        LaunchMount(
          volume: "made", source: .record(["persistentVolumeClaim": .record(["claimName": "wf-made"])]), path: "/made",
          subPath: nil, isReadOnly: false),
      ])
    workflow.spec.claimTemplates = []
    #expect(Simulation.driven(workflow).run.message == "there is no volume 'made' to mount")
  }

  @Test("a parameter takes its value from a ConfigMap as it was when the run was submitted")
  func configMap() throws {
    let input = Parameter(name: Located("text"), configMap: ObjectKey(name: "settings", key: "greeting"))
    var workflow = Workflow.entering(.container("main", inputs: [input], args: ["{{inputs.parameters.text}}"]))
    workflow.configMaps = ["settings": ["greeting": "hello"]]
    #expect(Simulation.driven(workflow).launches.first?.args == ["hello"])
    workflow.configMaps = [:]
    #expect(Simulation.driven(workflow).run.phase == .error)
  }
}
