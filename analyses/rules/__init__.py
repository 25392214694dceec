"""What is asked: standards, their limits and whom they speak of?"""
