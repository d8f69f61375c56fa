import Testing
import WorkflowCore
import WorkflowSpec

@Suite("Resource templates")
struct ResourceTests {
  private func file(_ resource: String) -> SpecFile {
    WorkflowReader(for: .run).read(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {generateName: a-}
      spec:
        entrypoint: main
        arguments: {parameters: [{name: size, value: "3"}]}
        templates:
          - name: main
            resource: \(resource)
            outputs:
              parameters:
                - {name: name, valueFrom: {jsonPath: "{.metadata.name}"}}
                - {name: state, valueFrom: {jqFilter: .status.phase, default: unknown}}
      """, name: "w.yaml")
  }

  @Test("what is to be done to an object reaches the executor with its tags replaced, and goes to the cluster")
  func launch() throws {
    let file = file(
      #"{action: create, setOwnerReference: true, successCondition: "status.n = {{workflow.parameters.size}}", "#
        + #"manifest: "{kind: Job, size: {{workflow.parameters.size}}}"}"#)
    #expect(file.report == "")
    var run = RunState(
      uid: "u", name: "a", namespace: "n", workflow: try #require(file.workflows.first),
      parameters: [ParameterValue(name: "size", value: "5")], createdAt: Timestamp(milliseconds: 0))
    let commands = run.apply(.begun, at: Timestamp(milliseconds: 1)).commands
    guard case .launch(let launch) = try #require(commands.first) else { throw Unexpected(commands: commands) }
    #expect(launch.executor == .kubernetes)
    #expect(
      launch.resource
        == ResourceRequest(
          action: .create, manifest: "{kind: Job, size: 5}", setsOwner: true, successCondition: "status.n = 5",
          outputs: [
            .init(parameter: "name", language: .jsonPath, query: "{.metadata.name}"),
            .init(parameter: "state", language: .jq, query: ".status.phase"),
          ]))

    _ = run.apply(.attemptStarted(launch.attempt), at: Timestamp(milliseconds: 2))
    let outcome = Outcome(.exited(code: 0), parameters: [ParameterValue(name: "name", value: "j")])
    _ = run.apply(.attemptEnded(launch.attempt, outcome), at: Timestamp(milliseconds: 3))
    #expect(run.phase == .succeeded)
    #expect(run.nodes[0].outputs?.parameters["name"] == "j")
    #expect(run.nodes[0].outputs?.parameters["state"] == "unknown")
  }

  @Test("an action that there is not is named")
  func action() {
    #expect(file("{action: destroy, manifest: x}").hasErrors)
  }

  struct Unexpected: Error { let commands: [Command] }
}
