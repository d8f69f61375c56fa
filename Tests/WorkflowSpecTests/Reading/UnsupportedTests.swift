import Testing
import WorkflowSpec

@Suite("What is not supported yet")
struct UnsupportedTests {
  @Test("What the engine cannot run yet is named when it is to be run")
  func unsupported() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            inputs: {parameters: [{name: which, value: leaf}]}
            steps:
              - - name: a
                  templateRef: {name: library, template: echo}
              - - name: b
                  template: "{{inputs.parameters.which}}"
          - name: leaf
            podSpecPatch: "{}"
            container:
              image: busybox
              args: ["{{=1 + 1}}"]
              imagePullPolicy: Always
        """, for: .run,
      gives: """
        w.yaml:11:26: error: there is no WorkflowTemplate 'library'
                    templateRef: {name: library, template: echo}
                                 ^
        hint: put it into the same file, or keep it first: orchestrate apply FILE
        w.yaml:13:23: error: a template with tags is not supported yet by the process engine
                    template: "{{inputs.parameters.which}}"
                              ^
        w.yaml:15:7: error: 'podSpecPatch' is not supported yet by the process engine
              podSpecPatch: "{}"
              ^
        """)
  }
}
