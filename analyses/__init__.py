"""What it means: one file a question, plus what is asked (`study`) and the order (`run`)."""
