import Testing
import WorkflowCore
import WorkflowSpec

@Suite("What only pods have a use for")
struct PodFieldsTests {
  private func file(_ metadata: String, annotations: [ParameterValue] = []) -> SpecFile {
    WorkflowReader(for: .run, annotations: annotations).read(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {generateName: a-\(metadata)}
      spec:
        entrypoint: main
        tolerations: [{operator: Exists}]
        volumeClaimTemplates: [{metadata: {name: work}, spec: {accessModes: [ReadWriteOnce]}}]
        arguments: {parameters: [{name: claim, value: lake}]}
        templates:
          - name: main
            volumes: [{name: v, persistentVolumeClaim: {claimName: "{{workflow.parameters.claim}}"}}]
            sidecars: [{name: s, image: busybox, command: [sleep, "60"]}]
            retryStrategy: {limit: 1, affinity: {nodeAntiAffinity: {}}}
            container:
              image: busybox
              command: [ls]
              env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
              volumeMounts: [{name: v, mountPath: /v}]
              securityContext: {runAsUser: 7}
      """, name: "w.yaml")
  }

  private let asPods = ", annotations: {orchestrate/executor: kubernetes}"

  @Test("A pod's fields are kept as they were written, and their tags are replaced in the launch")
  func kept() throws {
    let file = file(asPods)
    #expect(file.report == "")
    let workflow = try #require(file.workflows.first)
    var run = RunState(
      uid: "u", name: "a", namespace: "n", workflow: workflow,
      parameters: [ParameterValue(name: "claim", value: "pond")],
      createdAt: Timestamp(milliseconds: 0))
    let commands = run.apply(.begun, at: Timestamp(milliseconds: 1)).commands
    guard case .launch(let launch) = try #require(commands.first) else { throw Unexpected(commands: commands) }
    #expect(launch.executor == .kubernetes)
    let pod = try #require(launch.pod)
    #expect(
      pod.workflow.jsonText() == """
        {"tolerations":[{"operator":"Exists"}],\
        "volumeClaimTemplates":[{"metadata":{"name":"work"},"spec":{"accessModes":["ReadWriteOnce"]}}]}
        """)
    #expect(
      pod.template["volumes"]?.jsonText() == #"[{"name":"v","persistentVolumeClaim":{"claimName":"pond"}}]"#)
    #expect(pod.template["container"]?["securityContext"]?.jsonText() == #"{"runAsUser":7}"#)
    #expect(pod.template[PodFields.avoidsFormerNodes] == .bool(true))
  }

  @Test("What a submission says about the executor counts for the whole workflow")
  func submission() throws {
    let file = file("", annotations: [ParameterValue(name: "orchestrate/executor", value: "kubernetes")])
    #expect(file.report == "")
    #expect(try #require(file.workflows.first).metadata.annotations["orchestrate/executor"] == "kubernetes")
  }

  @Test("As processes, a workflow that needs pods is refused")
  func processes() {
    let report = file("").report
    #expect(report.contains("'sidecars'"))
  }

  @Test("An executor that there is not is named")
  func unknown() {
    #expect(file(", annotations: {orchestrate/executor: docker}").report.contains("names no executor"))
  }

  struct Unexpected: Error { let commands: [Command] }
}
