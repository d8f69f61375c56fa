import Testing
import WorkflowCore
import WorkflowSpec

@Suite("Templates of other objects, in place, and by default")
struct TemplateLibraryTests {
  private let library = """
    apiVersion: argoproj.io/v1alpha1
    kind: WorkflowTemplate
    metadata: {name: library}
    spec:
      entrypoint: main
      arguments: {parameters: [{name: who, value: world}, {name: size, value: "1"}]}
      templates:
        - name: main
          steps: [[{name: e, template: echo}]]
        - name: echo
          container: {image: busybox, command: [echo], args: ["{{workflow.parameters.who}}"]}

    """

  private func read(_ text: String, _ purpose: WorkflowReader.Purpose = .run) throws -> Workflow {
    let file = WorkflowReader(for: purpose).read(text, name: "w.yaml")
    return try #require(file.workflows.first, "\(file.report)")
  }

  private func names(_ workflow: Workflow) -> [String] { workflow.spec.templates.map(\.name.value) }

  @Test("a templateRef takes in the template, and those it calls, of an object in the same file")
  func templateRef() throws {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      spec:
        entrypoint: main
        arguments: {parameters: [{name: who, value: you}]}
        templates:
          - name: main
            dag: {tasks: [{name: a, templateRef: {name: library, template: main}}]}
      ---
      \(library)
      """
    let workflow = try read(text)
    #expect(names(workflow) == ["main", "library/main", "library/echo"])
    guard case .dag(let dag) = workflow.spec.templates[0].body,
      case .steps(let groups) = workflow.spec.templates[1].body
    else {
      Issue.record("main is a dag, library/main has steps")
      return
    }
    #expect(dag.tasks[0].step.template.value == "library/main")
    #expect(groups[0][0].template.value == "library/echo")
  }

  @Test("a workflow keeps what it refers to, so that it can be read again without the library")
  func stored() throws {
    let workflow = try read(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      spec: {workflowTemplateRef: {name: library}}
      ---
      \(library)
      """)
    let again = WorkflowReader(for: .run, isNamed: true).read(workflow.manifest, name: "a")
    #expect(again.workflows.first.map(names) == ["main", "echo"], "\(again.report)")
    #expect(workflow.manifest["spec"]?["workflowTemplateRef"] != nil)
  }

  @Test("a workflowTemplateRef gives the spec; the workflow's own fields stand above it, parameters by name")
  func workflowTemplateRef() throws {
    let workflow = try read(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      spec:
        workflowTemplateRef: {name: library}
        entrypoint: echo
        arguments: {parameters: [{name: who, value: you}]}
      ---
      \(library)
      """)
    #expect(workflow.spec.entrypoint.value == "echo")
    #expect(workflow.spec.arguments.map(\.name.value) == ["who", "size"])
    #expect(workflow.spec.arguments.map { $0.value?.source } == ["you", "1"])
  }

  @Test("an object that is not known is an error when the workflow is to be run")
  func unknown() {
    let text = workflow(template: "steps: [[{name: a, templateRef: {name: library, template: echo}}]]")
    #expect(WorkflowReader(for: .lint).read(text, name: "w.yaml").diagnostics.isEmpty)
    let file = WorkflowReader(for: .run).read(text, name: "w.yaml")
    #expect(file.diagnostics.map(\.message) == ["there is no WorkflowTemplate 'library'"])
    var reader = WorkflowReader(for: .run)
    reader.library = [
      .record([
        "kind": "WorkflowTemplate", "metadata": .record(["name": "library"]),
        "spec": .record(["templates": .array([])]),
      ])
    ]
    let second = reader.read(text, name: "w.yaml")
    #expect(second.diagnostics.map(\.message) == ["the WorkflowTemplate 'library' has no template 'echo'"])
  }

  @Test("a template written in place gets a name, and sees the inputs of the template it is written in")
  func inline() throws {
    let workflow = try read(
      workflow(
        template: """
          inputs: {parameters: [{name: a, value: "1"}, {name: b, value: "2"}]}, \
          steps: [[{name: x, inline: {container: {image: i, args: ["{{inputs.parameters.a}}"]}}}]]
          """))
    #expect(names(workflow) == ["main", "main.x"])
    #expect(workflow.spec.templates[1].inputs.map(\.name.value) == ["a"])
    guard case .steps(let groups) = workflow.spec.templates[0].body else {
      Issue.record("main has steps")
      return
    }
    #expect(groups[0][0].template.value == "main.x")
    #expect(groups[0][0].arguments.map(\.value.source) == ["{{inputs.parameters.a}}"])
  }

  @Test("templateDefaults stand under every template; of the kinds of templates only its own")
  func defaults() throws {
    let workflow = try read(
      workflow(
        """
        templateDefaults: {activeDeadlineSeconds: 5, container: {image: j, env: [{name: A, value: "1"}]}, \
        retryStrategy: {limit: 2}}
        """,
        template: "container: {args: [x], env: [{name: B, value: \"2\"}]}, retryStrategy: {limit: 3}"))
    let template = try #require(workflow.spec.templates.first)
    guard case .container(let container) = template.body else {
      Issue.record("main has a container")
      return
    }
    #expect(container.image?.source == "j")
    #expect(container.environment.map(\.name) == ["A", "B"])
    #expect(template.activeDeadlineSeconds?.source == "5")
    #expect(template.retryStrategy?.limit?.source == "3")
  }
}
