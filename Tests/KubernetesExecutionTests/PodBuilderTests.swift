import Execution
import Foundation
import Testing
import WorkflowCore
import WorkflowSpec

@testable import KubernetesExecution

@Suite("The pod of a launch")
struct PodBuilderTests {
  private func pod(_ change: (inout Launch) -> Void = { _ in }) throws -> Value {
    try PodBuilder(launch: .pod(change), helper: "helper-1", replacement: 0).pod()
  }

  private func value(_ yaml: String) throws -> Value {
    try #require(PlainDocument(Array(yaml.utf8), name: "test").value)
  }

  @Test("is the same for the same launch, and another for another")
  func deterministic() throws {
    #expect(try pod() == pod())
    let digest = { (pod: Value) in pod[["metadata", "annotations", PodMarks.launch]] }
    #expect(try digest(pod()) != digest(pod { $0.args = ["other"] }))
    let newer = try PodBuilder(launch: .pod(), helper: "helper-2", replacement: 0).pod()
    #expect(try digest(pod()) == digest(newer))
  }

  @Test("keeps the command's arguments as they are, behind the helper's")
  func arguments() throws {
    let main = try #require(try pod()[["spec", "containers"]]?.arrayValue?.first)
    #expect(main["command"]?.jsonText() == #"["/orchestrate/helper/orchestrate-pod-helper"]"#)
    let arguments = try #require(main["args"]?.arrayValue).compactMap(\.stringValue)
    #expect(arguments.suffix(4) == ["--", "sh", "-c", "echo $HOME"])
    #expect(arguments.contains("-r"))
  }

  @Test("carries a script that Kubernetes does not rewrite")
  func script() throws {
    let main = try #require(
      try pod { ($0.source, $0.command) = ("echo $$ $(date)", ["sh"]) }[["spec", "containers"]]?.arrayValue?.first)
    #expect(main["args"]?.arrayValue?.contains("echo $$$$ $$(date)") == true)
  }

  @Test("has its template's fields before its workflow's")
  func fields() throws {
    let pod = try pod {
      $0.pod = PodRequest(
        workflow: .record(["nodeSelector": .record(["a": "1"]), "serviceAccountName": "workflow"]),
        template: .record(["container": .record(["imagePullPolicy": "Never"]), "serviceAccountName": "template"]))
    }
    #expect(pod[["spec", "serviceAccountName"]] == "template")
    #expect(pod[["spec", "nodeSelector", "a"]] == "1")
    #expect(pod[["spec", "automountServiceAccountToken"]] == false)
    #expect(pod[["spec", "containers"]]?.arrayValue?.first?["imagePullPolicy"] == "Never")
    #expect(pod[["metadata", "finalizers"]]?.jsonText() == #"["orchestrate/outcome"]"#)
  }

  @Test("has the volumes that are mounted, and no others; one that is missing is named")
  func volumes() throws {
    func request(_ mount: String) throws -> PodRequest {
      PodRequest(
        workflow: try value("{volumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {}}]}"),
        template: try value("{container: {volumeMounts: [{name: \(mount), mountPath: /v}]}}"))
    }
    let a = try request("a")
    let names = try pod { $0.pod = a }[["spec", "volumes"]]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(names == ["a", "orchestrate-helper", "orchestrate-scratch"])
    let c = try request("c")
    #expect(throws: ExecutionError.self) { try pod { $0.pod = c } }
  }

  @Test("starts in the claim that stands for the run's directory")
  func workspace() throws {
    let pod = try pod {
      $0.pod?.workspaceClaim = "lake"
      $0.workspace = "."
      $0.workingDirectory = "data"
    }
    let main = pod[["spec", "containers"]]?.arrayValue?.first
    #expect(main?["workingDir"] == "/workspace/data")
    #expect(pod.jsonText().contains(#""persistentVolumeClaim":{"claimName":"lake"}"#))
  }

  @Test("takes a patch that changes parts of lists, and refuses one that gives rights")
  func patches() throws {
    func patched(_ patch: String) throws -> Value {
      try self.pod { $0.pod?.template = .record(["podSpecPatch": .string(patch), "container": .object([:])]) }
    }
    let pod = try patched("{runtimeClassName: gvisor, containers: [{name: main, resources: {limits: {cpu: 1}}}]}")
    #expect(pod[["spec", "runtimeClassName"]] == "gvisor")
    let main = pod[["spec", "containers"]]?.arrayValue?.first
    #expect(main?[["resources", "limits", "cpu"]] == 1)
    #expect(main?["image"] == "busybox")
    for field in ["hostPID: true", "serviceAccountName: admin", "hostNetwork: true"] {
      #expect(throws: ExecutionError.self) { try patched("{\(field)}") }
    }
  }

  @Test("needs a command when something is wanted of it")
  func command() {
    #expect(throws: ExecutionError.self) { try pod { $0.command = [] } }
  }

  @Test(
    "has a name that Kubernetes takes",
    arguments: [
      ("Wf_1-a/b-2", "wf-1-a-b-2"), ("a.-b.", "a.b"),
      (String(repeating: "x", count: 300), String(repeating: "x", count: 253)),
    ])
  func names(_ given: String, _ expected: String) {
    #expect(podName(given) == expected)
  }

  @Test("has sidecars and init containers, with the main container's mounts where they are mirrored")
  func sidecars() throws {
    let template = try value(
      """
      container: {volumeMounts: [{name: v, mountPath: /v}]}
      volumes: [{name: v, emptyDir: {}}]
      sidecars: [{name: side, image: s, mirrorVolumeMounts: true}]
      initContainers: [{name: first, image: f}]
      """)
    let pod = try pod { $0.pod?.template = template }
    let side = try #require(pod[["spec", "containers"]]?.arrayValue?.last)
    #expect(side.jsonText() == #"{"name":"side","image":"s","volumeMounts":[{"name":"v","mountPath":"/v"}]}"#)
    #expect(pod[["spec", "initContainers"]]?.jsonText() == #"[{"name":"first","image":"f"}]"#)
  }
}
