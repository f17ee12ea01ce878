export const planBuildReview = `name: plan-build-review
about: one model plans, one builds, one reviews, until the review approves
roles:
  planner:
  builder:
  reviewer:
steps:
  - id: plan
    ask: planner
    tools: read
    prompt: |
      Plan this task. Say what to change, where and in which order, so that another can do it without asking back. Write no code but what decides something.

      {{files?}}

      Task: {{task}}
  - repeat: { until: review.approved, times: 3 }
    steps:
      - id: build
        ask: builder
        tools: all
        prompt: |
          Carry out this plan with your tools. Do what it says and no more; where it is wrong, say so. At the end say what you did and what you saw.

          Task: {{task}}

          The plan:
          {{plan}}

          {{review?}}
      - id: review
        ask: reviewer
        tools: read
        prompt: |
          Review what was done against the task and the plan. Look at it yourself. Say what is wrong, where, and what to do about it. End with a line "Verdict: approve" or "Verdict: change".

          Task: {{task}}

          The plan:
          {{plan}}

          What the builder says:
          {{build}}
agreed: review.approved
`;
