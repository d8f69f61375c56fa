import Testing
import WorkflowSpec

@Suite("What is not supported yet")
struct UnsupportedTests {
  @Test("What the engine cannot run yet is named when it is to be run")
  func unsupported() {
    expect(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {generateName: a-}
      spec:
        entrypoint: main
        activeDeadlineSeconds: 60
        templates:
          - name: main
            steps:
              - - name: a
                  templateRef: {name: library, template: echo}
              - - name: b
                  template: leaf
                  hooks: {running: {template: leaf, expression: "true"}}
          - name: leaf
            volumes: [{name: v, emptyDir: {}}]
            inputs: {artifacts: [{name: data, path: /tmp/data, hdfs: {path: x}}]}
            container:
              image: busybox
              args: ["{{=1 + 1}}", "{{inputs.artifacts.data.path}}"]
              volumeMounts: [{name: v, mountPath: /v}]
              imagePullPolicy: Always
      """, for: .run,
      gives: """
        w.yaml:6:3: error: 'activeDeadlineSeconds' is not supported yet by the process engine
          activeDeadlineSeconds: 60
          ^
        w.yaml:11:26: error: there is no WorkflowTemplate 'library'
                    templateRef: {name: library, template: echo}
                                 ^
        hint: put it into the same file, or keep it first: orchestrate apply FILE
        w.yaml:14:21: error: a hook other than 'exit' is not supported yet by the process engine
                    hooks: {running: {template: leaf, expression: "true"}}
                            ^
        w.yaml:17:58: error: 'hdfs' is not supported yet by the process engine
              inputs: {artifacts: [{name: data, path: /tmp/data, hdfs: {path: x}}]}
                                                                 ^
        """)
  }
}
