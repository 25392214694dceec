"""What stands at the gates of schools, checked against rules?"""
